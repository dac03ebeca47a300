"""Adds the headers that keep an answer from being taken for what it is not.

Answers under /v1 are not kept by anybody on the way: they hold what only the key's owner may see.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_NO_STORE: Final = (b"cache-control", b"no-store")
_PRIVATE_PATHS: Final = "/v1/"


class SecurityHeaders:
    """Wraps the app; an answer may bring its own policies, and its own word on caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and add to the headers of its answer."""
        is_private = scope["path"].startswith(_PRIVATE_PATHS)
        added = (*_EVERYWHERE, _NO_STORE) if is_private else _EVERYWHERE

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                own = {name for name, _ in headers}
                missing = (pair for pair in added if pair[0] not in own)
                message["headers"] = [*headers, *missing]
            await send(message)

        await self._app(scope, receive, send_with_headers)
