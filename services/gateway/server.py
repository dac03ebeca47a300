"""Serves the application: uvicorn on a socket of our own, which replicas share, drained at the end.

Law: when it closes, requests that had arrived are answered, within a time; connections that wait
for nothing are closed at once.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from outscope.config import Address, ConfigError
from services.gateway.protocol import BoundedHttpProtocol

_BACKLOG: Final = 2048
_KEEP_ALIVE_S: Final = 75


class _Server(uvicorn.Server):
    """Leaves the signals to outscope.lifecycle, and tells when it has begun to listen."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.begun.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(app: ASGIApp, listen: Address, *, drain_s: int) -> AsyncIterator[int]:
    """Serve while the context is open; yields the port, known even when 0 was asked for."""
    listener = _listener(listen)
    port: int = listener.getsockname()[1]
    server = _Server(_settings(app, drain_s))
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="rest")
    try:
        await server.begun.wait()
        yield port
    finally:
        server.should_exit = True
        await serving


def _settings(app: ASGIApp, drain_s: int) -> uvicorn.Config:
    # What callers do wrong is told to them; it is not worth a line of ours each.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return uvicorn.Config(
        app,
        http=BoundedHttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=drain_s,
    )


def _listener(listen: Address) -> socket.socket:
    host, port = listen
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigError(f"OUTSCOPE_REST_LISTEN={host}:{port} cannot be bound: {error}") from error
    return listener
