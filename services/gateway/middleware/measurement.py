"""Counts, times and logs requests.

Law: labels come from our own lists, never from a request, so their number is bounded. Successes are
logged at debug, as are the answers to machines that poll; refusals at info, our own failures at
warning.
"""

import time
from collections.abc import Collection, Mapping
from functools import cache
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter, Histogram

log = logger(__name__)

REQUESTS: Final = Counter(
    "outscope_http_server_requests",
    "Requests answered, by method, route template and status.",
    ("method", "route", "status"),
)
DURATION_SECONDS: Final = Histogram(
    "outscope_http_server_duration_seconds",
    "Time from a request's head to the end of its answer, by method and route template.",
    ("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNROUTED: Final = "unmatched"
_REFUSED: Final = 400
_FAILED: Final = 500


class Measurement:
    """Wraps the app; templates gives each endpoint's route template, polled the quiet ones."""

    def __init__(
        self, app: ASGIApp, templates: Mapping[object, str], polled: Collection[str]
    ) -> None:
        self._app = app
        self._templates = templates
        self._polled = polled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app and record how it went."""
        started_s = time.perf_counter()
        status = _FAILED

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._record(scope, status, time.perf_counter() - started_s)

    def _record(self, scope: Scope, status: int, elapsed_s: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = self._templates.get(scope.get("endpoint"), _UNROUTED)
        _counter(method, route, status).inc()
        _histogram(method, route).observe(elapsed_s)
        tell = log.info if status < _FAILED else log.warning
        if status < _REFUSED or route in self._polled:
            tell = log.debug
        tell(
            "request answered",
            method=method,
            route=route,
            status=status,
            code=scope["state"].get("error_code"),
            duration_ms=round(elapsed_s * 1000, 1),
        )


@cache
def _counter(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, str(status))


@cache
def _histogram(method: str, route: str) -> Histogram:
    return DURATION_SECONDS.labels(method, route)
