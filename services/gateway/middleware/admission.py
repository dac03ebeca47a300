"""Lets no more requests in at once than can be served, and tells the others so at once.

Law: what machines poll to learn how we are is always let in.
"""

from collections.abc import Collection
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from outscope.errors import Overloaded
from outscope.telemetry.metrics import Gauge
from services.gateway.middleware.request_id import request_id_of
from services.gateway.responses import JsonResponse
from services.gateway.translate.problem import error_body

_RETRY_AFTER_S: Final = 1
_ACTIVE: Final = Gauge(
    "outscope_http_server_active_requests", "Requests in work, of OUTSCOPE_MAX_REQUESTS at most."
)
_PLACES: Final = Gauge("outscope_http_server_places", "Requests that may be in work at once.")


class Admission:
    """Wraps the app; most is how many requests may be in work, polled the paths let in beside."""

    def __init__(self, app: ASGIApp, most: int, polled: Collection[str]) -> None:
        self._app = app
        self._most = most
        self._polled = polled
        self._admitted = 0
        _PLACES.set(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app, or answer 503."""
        if scope["path"] in self._polled:
            await self._app(scope, receive, send)
            return
        if self._admitted >= self._most:
            refusal = Overloaded(
                f"{self._most} requests are in work, and no more are; try again in a moment",
                retry_after_s=_RETRY_AFTER_S,
            )
            scope["state"]["error_code"] = refusal.code
            body = error_body(refusal, request_id_of(scope))
            headers = {"Retry-After": str(_RETRY_AFTER_S)}
            await JsonResponse(body, refusal.http_status, headers)(scope, receive, send)
            return
        self._admitted += 1
        _ACTIVE.inc()
        try:
            await self._app(scope, receive, send)
        finally:
            self._admitted -= 1
            _ACTIVE.dec()
