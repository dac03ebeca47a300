"""A TCP proxy that cuts, delays or silences connections that pass through it."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_PIECE_BYTES: Final = 65536


class Proxy:
    """Forwards from a port of its own to another one on loopback."""

    def __init__(self, to_port: int, draw: random.Random) -> None:
        self.port = 0
        self._to_port = to_port
        self._draw = draw
        self._delay_s = 0.0
        self._links: set[_Link] = set()

    @property
    def count(self) -> int:
        """Return the number of connections that are open."""
        return len(self._links)

    def cut(self, share: float) -> int:
        """Reset this share of the connections; return how many."""
        chosen = self._some(share)
        for link in chosen:
            link.reset()
        return len(chosen)

    @asynccontextmanager
    async def silenced(self, share: float) -> AsyncIterator[int]:
        """Pass nothing on, on this share of the connections, while the context is open."""
        chosen = self._some(share)
        for link in chosen:
            link.may_pass.clear()
        try:
            yield len(chosen)
        finally:
            for link in chosen:
                link.may_pass.set()

    @asynccontextmanager
    async def delayed(self, delay_s: float) -> AsyncIterator[None]:
        """Hold each piece back for so long, on every connection, while the context is open."""
        self._delay_s += delay_s
        try:
            yield
        finally:
            self._delay_s -= delay_s

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection until either side ends it."""
        try:
            there = await asyncio.open_connection("127.0.0.1", self._to_port)
        except OSError:
            _reset(writer)
            return
        link = _Link(writer, there[1])
        self._links.add(link)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(link, reader, there[1]))
                both.create_task(self._pass_on(link, there[0], writer))
        except* OSError:
            pass
        finally:
            self._links.discard(link)
            link.reset()

    async def _pass_on(
        self, link: "_Link", source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        while piece := await source.read(_PIECE_BYTES):
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            await link.may_pass.wait()
            sink.write(piece)
            await sink.drain()
        with contextlib.suppress(OSError, RuntimeError):
            sink.write_eof()

    def _some(self, share: float) -> "list[_Link]":
        links = sorted(self._links, key=lambda link: link.number)
        return self._draw.sample(links, max(1, round(share * len(links)))) if links else []


class _Link:
    """Both halves of a forwarded connection."""

    _made = 0

    def __init__(self, here: asyncio.StreamWriter, there: asyncio.StreamWriter) -> None:
        _Link._made += 1
        self.number = _Link._made
        self.may_pass = asyncio.Event()
        self.may_pass.set()
        self._writers = (here, there)

    def reset(self) -> None:
        """End it at once, on both sides."""
        self.may_pass.set()
        for writer in self._writers:
            _reset(writer)


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, not in good order."""
    link = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def a_proxy(to_port: int, draw: random.Random) -> AsyncIterator[Proxy]:
    """Serve a proxy while the context is open."""
    proxy = Proxy(to_port, draw)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        while proxy.cut(1.0):
            await asyncio.sleep(0.01)
