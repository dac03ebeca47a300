"""Gives every request an id: in its answer, its logs and the calls made for it.

A caller's own id is kept when it is at most 128 visible ASCII characters; so is its trace.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.clock import Clock
from outscope.ids import REQUEST_PREFIX, is_request_id, new_id
from outscope.telemetry.logs import bind, bound, bound_field
from outscope.telemetry.traceparent import TRACEPARENT, carried

_HEADER: Final = b"x-request-id"
_TRACEPARENT: Final = TRACEPARENT.encode()
_STATE_KEY: Final = "request_id"


class RequestId:
    """Wraps the app; the id is in the request's state from here on."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with an id."""
        request_id = _sent_id(scope) or new_id(REQUEST_PREFIX, int(self._clock().timestamp() * 1e3))
        scope.setdefault("state", {})[_STATE_KEY] = request_id
        header = (_HEADER, request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], header]
            await send(message)

        with bound(request_id=request_id), carried(_sent_trace(scope)):
            await self._app(scope, receive, send_with_id)
            account_id = bound_field("account_id")
        # Of a page of the console, which is made of answers asked for under its own id.
        if account_id and bound_field("request_id") == request_id:
            bind(account_id=account_id)


def request_id_of(scope: Scope) -> str:
    """Return the id of a request that is being served."""
    request_id: str = scope["state"][_STATE_KEY]
    return request_id


def _sent_trace(scope: Scope) -> str | None:
    sent: list[bytes] = [value for name, value in scope["headers"] if name == _TRACEPARENT]
    # More than one is none: nobody can tell which of them is meant.
    return sent[0].decode("latin-1") if len(sent) == 1 else None


def _sent_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == _HEADER:
            sent: str = value.decode("latin-1")
            if is_request_id(sent):
                return sent
    return None
