"""The plain HTTP side of a service that speaks no HTTP: /healthz, /readyz, /metrics.

/readyz asks all that a service depends on, /readyz/NAME one of it. Nothing here is encrypted, as
whoever probes a pod shows no certificate.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from outscope.config import Address, ConfigError
from outscope.telemetry import metrics

# The names of what a service depends on, and whether each answers now.
Readiness = Mapping[str, bool]

_SHUTDOWN_S: Final = 1.0


@asynccontextmanager
async def health_server(
    listen: Address | None, ready: Callable[[], Awaitable[Readiness]]
) -> AsyncIterator[int | None]:
    """Answer while the context is open; yields the port, or None without a place to listen."""
    if listen is None:
        yield None
        return
    runner = web.AppRunner(_app(ready), access_log=None, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    host, port = listen
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise ConfigError(f"OUTSCOPE_HEALTH_LISTEN={host}:{port} cannot be bound") from error
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def _app(ready: Callable[[], Awaitable[Readiness]]) -> web.Application:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        parts = dict(await ready())
        is_ready = all(parts.values())
        body = {"status": "ready" if is_ready else "not_ready", "dependencies": parts}
        return web.json_response(body, status=200 if is_ready else 503)

    async def readyz_of_one(request: web.Request) -> web.Response:
        name = request.match_info["dependency"]
        answers = dict(await ready()).get(name)
        if answers is None:
            raise web.HTTPNotFound
        body = {"status": "ready" if answers else "not_ready"}
        return web.json_response(body, status=200 if answers else 503)

    async def metrics_page(_: web.Request) -> web.Response:
        body, content_type = metrics.render()
        return web.Response(body=body, headers={"Content-Type": content_type})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/readyz/{dependency}", readyz_of_one)
    app.router.add_get("/metrics", metrics_page)
    return app
