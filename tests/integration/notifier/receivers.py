"""Webhook receivers on loopback: one that answers as told, and ways to misbehave."""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET, socket
from typing import Final

Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

_ENDLESS_CHUNK: Final = b"x" * 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    # The request line and all header lines, as they came.
    head: bytes


@dataclass(slots=True, kw_only=True)
class Receiver:
    """A server that records requests and then behaves in its way."""

    behave: Behaviour
    scheme: str = "http"
    port: int = 0
    connections: int = 0
    received: list[Received] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?tenant=1"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                while True:
                    self.received.append(await read_request(reader))
                    self.arrived.set()
                    await self.behave(writer)
        finally:
            writer.close()


async def read_request(reader: asyncio.StreamReader) -> Received:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip().split("\r\n")
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    method, target, _ = first.split(" ")
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(method=method, target=target, headers=headers, body=body, head=head)


@asynccontextmanager
async def receiver(
    behave: Behaviour, *, certificate: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Serve on a free port while the context is open."""
    made = Receiver(behave=behave, scheme="https" if certificate else "http")
    server = await asyncio.start_server(made.accept, "127.0.0.1", 0, ssl=certificate)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tuple(made.serving):
            task.cancel()
        await asyncio.gather(*made.serving, return_exceptions=True)


def answering(status: str, *headers: str, body: bytes = b"") -> Behaviour:
    """Answer each request with a status line, headers and a body."""
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    answer = "\r\n".join(lines).encode() + body

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    return behave


async def saying_nothing(_: asyncio.StreamWriter) -> None:
    """Take the request and never answer."""
    await asyncio.sleep(60)


async def resetting(writer: asyncio.StreamWriter) -> None:
    """Break the connection off with RST instead of an answer."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    raise ConnectionResetError


async def closing(_: asyncio.StreamWriter) -> None:
    """Close the connection without a word."""
    raise ConnectionAbortedError


async def babbling(writer: asyncio.StreamWriter) -> None:
    """Answer with something that is not HTTP."""
    writer.write(b"220 mail.example.com ESMTP\r\n")
    await writer.drain()
    raise ConnectionAbortedError


def pouring(taken: list[int]) -> Behaviour:
    """Answer 200 with a gigabyte; tell in taken how much of it was accepted."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while True:
            writer.write(_ENDLESS_CHUNK)
            await writer.drain()
            taken.append(len(_ENDLESS_CHUNK))

    return behave


async def dripping(writer: asyncio.StreamWriter) -> None:
    """Answer 200 and then send the body a byte at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def stopping_short(writer: asyncio.StreamWriter) -> None:
    """Answer half a header and then say no more."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-")
    await writer.drain()
    await asyncio.sleep(60)


async def spelling_out(writer: asyncio.StreamWriter) -> None:
    """Send a header without an end, a little at a time."""
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def promising(writer: asyncio.StreamWriter) -> None:
    """Say again and again that an answer will come."""
    while True:
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.05)


def pouring_headers(taken: list[int]) -> Behaviour:
    """Answer 200 with headers that do not end; tell in taken how much of them was accepted."""

    async def behave(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: " + _ENDLESS_CHUNK[:4000] + b"\r\n")
            await writer.drain()
            taken.append(4000)

    return behave


@asynccontextmanager
async def half_open() -> AsyncIterator[str]:
    """Take connections as the system does, and never look at them; yields the address."""
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield f"127.0.0.1:{listening.getsockname()[1]}"
