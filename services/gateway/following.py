"""Follows a check until it has ended, whichever scheduler goes on to tell of it.

Law: what has happened once is told once. Each event has an id, and a stream that breaks is taken up
after the last one seen, by any scheduler that is there.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from outscope.v1.check_service_pb2 import WatchCheckRequest, WatchCheckResponse
from services.gateway.operation import Call

log = logger(__name__)

# Streams that break without having told anything, in a row.
_MAX_FAILURES: Final = 5
_PAUSE_S: Final = 0.1
_MAX_PAUSE_S: Final = 2.0


async def followed(
    call: Call, check_id: str, *, progress: bool = False, after: int = 0
) -> AsyncGenerator[WatchCheckResponse, None]:
    """Yield what there is to tell of a check after an event; the first comes at once.

    Raises what the scheduler refuses; Unavailable only before the first, or when no scheduler is
    there for several seconds.
    """
    request = WatchCheckRequest(id=check_id, progress=progress, after=after)
    failures = 0
    is_open = False
    while True:
        try:
            async with aclosing(call.scheduler.watched(request, call.caller)) as responses:
                async for response in responses:
                    # A stream that was taken up may have nothing new to begin with.
                    if _tells(response) or not is_open:
                        yield response
                    is_open, failures = True, 0
                    request.after = max(request.after, response.event_id)
        except Unavailable as error:
            failures += 1
            if not is_open or failures > _MAX_FAILURES:
                raise
            log.info("stream broken, taking it up", check_id=check_id, cause=error)
            await asyncio.sleep(_pause_s(failures))
        else:
            return


def _tells(response: WatchCheckResponse) -> bool:
    return response.HasField("check") or response.HasField("stage")


def _pause_s(failures: int) -> float:
    """Return a pause, drawn so that those whose scheduler went away do not all come at once."""
    most_s = min(_MAX_PAUSE_S, _PAUSE_S * 2**failures)
    return random.uniform(0, most_s)  # noqa: S311 - a pause is no secret
