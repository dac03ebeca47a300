"""An answer that is a stream of server-sent events.

Law: something is sent every fifteen seconds, and the stream ends when there is nothing to tell any
more, when its time is over or when the caller hangs up, whichever comes first.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from outscope.errors import Refusal
from outscope.telemetry.logs import logger
from services.gateway.hang_up import until_hung_up

log = logger(__name__)

MEDIA_TYPE: Final = "text/event-stream"
STREAM_HEADERS: Final[Mapping[str, str]] = {
    # Not kept by anybody on the way, not changed, and not collected by a proxy before it goes on.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
_HEARTBEAT_S: Final = 15.0
_HEARTBEAT: Final = b": waiting\n\n"
# How long a client waits before it connects again.
_RETRY: Final = b"retry: 2000\n\n"


class EventStream(Response):
    """Sends events, each as it travels; held is closed when the stream ends."""

    media_type = MEDIA_TYPE

    def __init__(self, events: AsyncIterator[bytes], held: AsyncExitStack) -> None:
        super().__init__(headers=STREAM_HEADERS)
        del self.headers["content-length"]
        self._events = events
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head at once, then what comes."""
        del receive
        try:
            # Outermost, for its TimeoutError is the end of the time that the stream has.
            async with self._held, until_hung_up(scope):
                await self._send_all(send)
        except (ClientDisconnect, TimeoutError):
            pass
        except Refusal as refusal:
            # The head has a status already; who connects again is told this one.
            log.info("stream ended early", code=refusal.code, cause=refusal)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_all(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await _send_part(send, _RETRY)
        upcoming = asyncio.ensure_future(_next(self._events))
        try:
            while (event := await _event_or_heartbeat(upcoming)) is not None:
                if upcoming.done():
                    upcoming = asyncio.ensure_future(_next(self._events))
                if event:
                    await _send_part(send, event)
        finally:
            upcoming.cancel()
            await asyncio.gather(upcoming, return_exceptions=True)


async def _next(events: AsyncIterator[bytes]) -> bytes | None:
    """Return the next event, or None at the end."""
    return await anext(events, None)


async def _event_or_heartbeat(upcoming: asyncio.Future[bytes | None]) -> bytes | None:
    await asyncio.wait((upcoming,), timeout=_HEARTBEAT_S)
    return upcoming.result() if upcoming.done() else _HEARTBEAT


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})
