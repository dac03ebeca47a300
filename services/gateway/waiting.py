"""Waits for a check to end, in one request."""

from contextlib import aclosing

from outscope.v1 import check_pb2, check_service_pb2
from services.gateway.following import followed
from services.gateway.operation import Call


async def check_within(call: Call, check_id: str, wait_s: float) -> check_pb2.Check:
    """Return a check as soon as it has ended, and as it is when the time is over."""
    if wait_s:
        try:
            async with (
                call.waits.place(wait_s),
                aclosing(followed(call, check_id)) as responses,
            ):
                async for response in responses:
                    if response.check.status != check_pb2.CHECK_STATUS_PENDING:
                        return response.check
        except TimeoutError:
            pass  # as it is now, which nobody may have told
    message = check_service_pb2.GetCheckRequest(id=check_id)
    return (await call.scheduler.check(message, call.caller)).check
