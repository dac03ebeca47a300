"""HTTP/1.1 on one connection: uvicorn's protocol, with bounds on the head of a request.

Law: a head has at most 32 KiB and arrives within 30 seconds, and at most 16 requests wait for the
answer to the one before them; what is not HTTP is answered with the documented error. Whoever goes
beyond is cut off.
"""

import asyncio
from typing import Any, Final

from pydantic_core import to_json
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from outscope.clock import utc_now
from outscope.errors import InvalidRequest
from outscope.ids import REQUEST_PREFIX, new_id
from services.gateway.hang_up import HANG_UP, HangUp
from services.gateway.translate.problem import error_body

MAX_HEAD_BYTES: Final = 32 * 1024
HEAD_PATIENCE_S: Final = 30.0
MAX_PIPELINED: Final = 16


class BoundedHttpProtocol(HttpToolsProtocol):
    """Counts and times the bytes before the blank line; the rest is uvicorn's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - uvicorn's own parameters
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._is_in_head = True
        # Bytes of the head being parsed, which may have come in one piece with others.
        self._parsed_head_bytes = 0
        self._is_cut_off = False
        self._impatience: asyncio.TimerHandle | None = None
        self._hang_up = HangUp()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin to wait for a first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more, and have nothing done any more."""
        self._stop_waiting()
        self._hang_up.happen()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on while their head is within its bounds."""
        if self._is_cut_off:
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if not self._is_in_head or self.transport.is_closing():
            return
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        elif self._impatience is None:
            self._await_head()

    def on_message_begin(self) -> None:
        """Begin to count; called at the first byte of a head."""
        super().on_message_begin()
        self.scope["state"][HANG_UP] = self._hang_up
        self._is_in_head = True
        self._parsed_head_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Count a piece of the request target."""
        self._parsed_head_bytes += len(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header."""
        self._parsed_head_bytes += len(name) + len(value) + len(": \r\n")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop counting, and begin the request unless too many wait already."""
        self._is_in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        if self._is_cut_off:
            return
        if self._parsed_head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        elif len(self.pipeline) >= MAX_PIPELINED:
            self._is_cut_off = True
            self.transport.abort()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass a piece of the body on."""
        if not self._is_cut_off:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Pass the end of a request on."""
        if not self._is_cut_off:
            super().on_message_complete()

    def _refuse_head(self) -> None:
        self._is_cut_off = True
        self.send_400_response("The head of the request is over 32 KiB")

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP request in the documented error body, and close."""
        request_id = new_id(REQUEST_PREFIX, int(utc_now().timestamp() * 1000))
        body = to_json(error_body(InvalidRequest(msg), request_id))
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\n"
            "x-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def _await_head(self) -> None:
        self._impatience = self.loop.call_later(HEAD_PATIENCE_S, self._give_up)

    def _stop_waiting(self) -> None:
        if self._impatience is not None:
            self._impatience.cancel()
            self._impatience = None

    def _give_up(self) -> None:
        self._impatience = None
        if not self.transport.is_closing():
            self.transport.close()
