"""The example of aiohttp's front page."""

from aiohttp import web


async def handle(request):
    name = request.match_info.get("name", "Anonymous")
    return web.Response(text=f"Hello, {name}")


def init(argv):
    app = web.Application()
    app.add_routes([web.get("/", handle), web.get("/{name}", handle)])
    return app
