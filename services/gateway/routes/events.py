"""GET /v1/check/{id}/events: what happens to a check, as it happens."""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response

from outscope.errors import InvalidRequest, NotFound, RateLimited, Unavailable
from outscope.v1 import check_service_pb2
from services.gateway.event_stream import MEDIA_TYPE, STREAM_HEADERS, EventStream
from services.gateway.following import followed
from services.gateway.operation import Answer, Call, Operation
from services.gateway.routes.single_check import PARAMETERS, check_id_in
from services.gateway.translate.event import event_text

LAST_EVENT_ID: Final = "Last-Event-ID"
# A check ends well before, and a client comes back by itself.
_STREAM_S: Final = 600.0
_EVENT_ID: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_NOTHING_LEFT: Final = 204

_EXAMPLE: Final = """\
retry: 2000

id: 10000
event: queued
data: {"id":"chk_01kprq4e00c5s6h9m2t8v4x3za","fqdn":"example.com","status":"pending"}

id: 11001
event: started
data: {"vantage_point":"eu-west-1","prober_id":"prober-7d9f","attempt":1}

id: 19999
event: completed
data: {"id":"chk_01kprq4e00c5s6h9m2t8v4x3za","fqdn":"example.com","status":"completed"}
"""


async def stream_events(call: Call) -> Response:
    """Return a stream of what happens to a check until it has ended; 204 when all was told."""
    check_id = check_id_in(call)
    after = _last_event_id(call.request.headers)
    if call.request.method == "HEAD":
        await call.scheduler.check(check_service_pb2.GetCheckRequest(id=check_id), call.caller)
        return Response(headers=STREAM_HEADERS, media_type=MEDIA_TYPE)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(call.waits.place(_STREAM_S))
            responses = await stack.enter_async_context(
                aclosing(followed(call, check_id, progress=True, after=after))
            )
            # Before the head of the answer: a refusal has a status of its own.
            first = await anext(responses, None)
            if first is None:
                return Response(status_code=_NOTHING_LEFT)
            events = await stack.enter_async_context(aclosing(_texts(first, responses)))
            return EventStream(events, stack.pop_all())
    except TimeoutError as error:
        raise Unavailable("This gateway is closing; connect again") from error


async def _texts(
    first: check_service_pb2.WatchCheckResponse,
    rest: AsyncIterator[check_service_pb2.WatchCheckResponse],
) -> AsyncGenerator[bytes, None]:
    yield event_text(first)
    async for response in rest:
        yield event_text(response)


def _last_event_id(headers: Headers) -> int:
    """Return the id of the last event a client has seen; 0 when it has seen none."""
    sent = headers.get(LAST_EVENT_ID, "").strip()
    if not sent:
        return 0
    if not _EVENT_ID.fullmatch(sent):
        raise InvalidRequest(
            f"{LAST_EVENT_ID} must be the id of an event of this stream, a number",
            field=LAST_EVENT_ID,
            value=sent,
        )
    return int(sent)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/check/{id}/events",
        run=stream_events,
        name="streamCheckEvents",
        tag="Checks",
        summary="Follow a check",
        description=(
            "Server-sent events: queued, started, then dns, port, tls, path and judged as they "
            "come, and in the end completed, failed or cancelled with the whole check, after "
            "which the stream ends. A comment comes every 15 seconds. A client that connects "
            "again with Last-Event-ID goes on after that event; when it was the end, the answer "
            "is 204. What was seen before the end is not final. The answer is 429 when the "
            "account waits for too many checks at once, 503 when this gateway holds no more."
        ),
        parameters=PARAMETERS,
        request_headers={LAST_EVENT_ID: "The id of the last event that arrived."},
        answers={
            200: Answer(
                description="The events, until the check has ended.",
                schema=str,
                example=_EXAMPLE,
                media_type=MEDIA_TYPE,
            ),
            _NOTHING_LEFT: Answer(
                description="The last event was the end: there is nothing to connect for.",
                media_type="",
            ),
        },
        refusals=(InvalidRequest, NotFound, RateLimited),
    ),
)
