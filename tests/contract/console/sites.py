"""Sites that the town has not: one that sends what is hostile, one that waits to be let go on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

HOSTILE: Final = "\"'><script>alert(1)</script><img src=//evil.test/x onerror=alert(2)>"
_BODY: Final = f"<html><title>{HOSTILE.replace('<script>', '<b>')}</title>{HOSTILE}</html>".encode()
_HOSTILE_ANSWER: Final = (
    f"HTTP/1.1 200 {HOSTILE}\r\nServer: {HOSTILE}\r\nX-Hostile: {HOSTILE}\r\n"
    f"Content-Type: text/html\r\nContent-Length: {len(_BODY)}\r\nConnection: close\r\n\r\n"
).encode() + _BODY
_PLAIN_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n"
    b'Connection: close\r\n\r\n{"ok":true}'
)


@dataclass(kw_only=True)
class Site:
    """A site at a port of this machine; it answers once go_on is set."""

    answer: bytes
    port: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            await self.go_on.wait()
            writer.write(self.answer)
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def hostile_site() -> AsyncIterator[Site]:
    async with _opened(Site(answer=_HOSTILE_ANSWER)) as site:
        site.go_on.set()
        yield site


@contextlib.asynccontextmanager
async def held_site() -> AsyncIterator[Site]:
    async with _opened(Site(answer=_PLAIN_ANSWER)) as site:
        yield site


@contextlib.asynccontextmanager
async def _opened(site: Site) -> AsyncIterator[Site]:
    server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        site.go_on.set()
        server.close()
