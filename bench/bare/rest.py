"""Uvicorn and Starlette alone: reads a small JSON body and answers 201 with another.

Run as a process: `python -m bench.bare.rest`; prints the URL it serves.
"""

import asyncio
import json
import socket

import uvicorn
import uvloop
from pydantic_core import from_json, to_json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def _create(request: Request) -> Response:
    fqdn = from_json(await request.body())["fqdn"]
    answer = {"id": "chk_01k3", "fqdn": fqdn, "status": "pending"}
    return Response(to_json(answer), 201, media_type="application/json")


async def serve() -> None:
    """Serve until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    app = Starlette(routes=[Route("/v1/check", _create, methods=["POST"])])
    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, access_log=False
    )
    print(json.dumps(f"http://127.0.0.1:{listener.getsockname()[1]}"), flush=True)
    serving = asyncio.create_task(uvicorn.Server(config).serve(sockets=[listener]))
    await serving


if __name__ == "__main__":
    uvloop.run(serve())
