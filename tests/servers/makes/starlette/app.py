"""The example of Starlette's front page, with a page of HTML beside it."""

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route


async def homepage(request):
    return JSONResponse({"hello": "world"})


async def about(request):
    return HTMLResponse(
        "<!DOCTYPE html><html><head><title>About us</title></head><body><h1>About us</h1>"
        "<p>We sell lamps and repair them.</p><a href='/'>Home</a></body></html>"
    )


app = Starlette(debug=True, routes=[Route("/", homepage), Route("/about", about)])
