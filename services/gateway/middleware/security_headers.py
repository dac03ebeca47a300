"""Adds the headers that keep an answer from being taken for what it is not.

Answers under /v1 are not kept by anybody on the way: they hold what only the key's owner may see.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EVERYWHERE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
)
_POLICY: Final = b"content-security-policy"
_NOTHING: Final = (_POLICY, b"default-src 'none'; frame-ancestors 'none'")
_CACHING: Final = b"cache-control"
_NO_STORE: Final = (_CACHING, b"no-store")
_PRIVATE_PATHS: Final = "/v1/"


class SecurityHeaders:
    """Wraps the app; an answer may bring a policy of its own, and its own word on caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and add to the headers of its answer."""
        added = list(_EVERYWHERE)
        is_private = scope["path"].startswith(_PRIVATE_PATHS)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if not any(name == _POLICY for name, _ in headers):
                    added.append(_NOTHING)
                if is_private and not any(name == _CACHING for name, _ in headers):
                    added.append(_NO_STORE)
                message["headers"] = [*headers, *added]
            await send(message)

        await self._app(scope, receive, send_with_headers)
