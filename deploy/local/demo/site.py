"""The demo's web servers: the shop over TLS, and plain HTTP that sends visitors there."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.local.demo.pages import page_at
from outscope.config import Address

_READY: Final = "/readyz"


@asynccontextmanager
async def web_servers(
    name: str, http: Address, https: Address, context: ssl.SSLContext
) -> AsyncIterator[None]:
    """Serve while the context is open."""
    shop = web.AppRunner(_app(_shop), access_log=None)
    to_shop = web.AppRunner(_app(_redirect_to(f"https://{name}:{https[1]}")), access_log=None)
    try:
        for runner in (shop, to_shop):
            await runner.setup()
        await web.TCPSite(shop, *https, ssl_context=context).start()
        await web.TCPSite(to_shop, *http).start()
        yield
    finally:
        await to_shop.cleanup()
        await shop.cleanup()


def _app(handler: Handler) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app


async def _shop(request: web.Request) -> web.Response:
    page = page_at(request.path)
    headers = {"Content-Type": page.content_type, "Server": "demo", **page.headers}
    return web.Response(body=page.body.encode(), status=page.status, headers=headers)


def _redirect_to(origin: str) -> Handler:
    async def redirect(request: web.Request) -> web.Response:
        if request.path == _READY:
            return web.Response(text="ready\n")
        location = f"{origin}{request.rel_url.raw_path_qs}"
        return web.Response(status=HTTPStatus.MOVED_PERMANENTLY, headers={"Location": location})

    return redirect
