"""Records each request as a span, named by its route template; those of machines that poll are not.

Law: of a request its method and its template are told, and never its path, query, header or body.
Source: https://opentelemetry.io/docs/specs/semconv/http/http-spans/
"""

from collections.abc import Collection, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.telemetry.tracing import Kind, is_recording, span

_OTHER: Final = "_OTHER"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAILED: Final = 500


class Tracing:
    """Wraps the app; templates gives each endpoint's route template, polled the quiet ones."""

    def __init__(
        self, app: ASGIApp, templates: Mapping[object, str], polled: Collection[str]
    ) -> None:
        self._app = app
        self._templates = templates
        self._polled = polled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app inside a span, where spans are recorded."""
        if not is_recording() or scope["path"] in self._polled:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else _OTHER
        status = _FAILED

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        attributes = {"http.request.method": method, "url.scheme": scope["scheme"]}
        with span("HTTP" if method == _OTHER else method, Kind.SERVER, attributes) as request:
            try:
                await self._app(scope, receive, send_and_note)
            finally:
                route = self._templates.get(scope.get("endpoint"))
                if route is not None:
                    request.rename(f"{method} {route}")
                    request.note({"http.route": route})
                request.note({"http.response.status_code": status})
                if status >= _FAILED:
                    request.fail(str(status))
