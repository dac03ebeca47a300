"""The answers of the gateway: JSON, and an answer to a request whose body is still arriving."""

import asyncio
from collections.abc import Mapping
from typing import Final

from pydantic_core import to_json
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_DRAIN_BYTES: Final = 8 * 1024 * 1024
_DRAIN_S: Final = 2.0


class JsonResponse(Response):
    """A JSON document."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """Return the content, encoded."""
        return to_json(content)


class EarlyResponse(JsonResponse):
    """An answer that does not wait for the whole request, and then closes the connection.

    What is still arriving is read and dropped for a moment: closing on unread bytes resets the
    connection, and the caller would see that instead of the answer.
    """

    def __init__(
        self, content: object, *, status_code: int, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(content, status_code, {**(headers or {}), "Connection": "close"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, drop what is still arriving, close."""
        del scope
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await _drop_rest(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drop_rest(receive: Receive) -> None:
    dropped = 0
    try:
        async with asyncio.timeout(_DRAIN_S):
            while dropped < _DRAIN_BYTES:
                message = await receive()
                dropped += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return
