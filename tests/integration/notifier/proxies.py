"""An egress proxy on loopback that opens tunnels, and notes what it was asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Proxy:
    """What it answers to CONNECT, and the heads of the requests it got."""

    status: str = "200 Connection established"
    # What it says behind its answer, in the same breath.
    beside: bytes = b""
    port: int = 0
    asked: list[str] = field(default_factory=list)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(head)
                writer.write(f"HTTP/1.1 {self.status}\r\n\r\n".encode() + self.beside)
                await writer.drain()
                if self.status.startswith("200"):
                    host, _, port = head.split(" ")[1].rpartition(":")
                    there = await asyncio.open_connection(host.strip("[]"), int(port))
                    try:
                        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
                    finally:
                        there[1].close()
        finally:
            writer.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(
    status: str = "200 Connection established", *, beside: bytes = b""
) -> AsyncIterator[Proxy]:
    """Serve on a free port while the context is open."""
    proxy = Proxy(status=status, beside=beside)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tuple(proxy.serving):
            task.cancel()
        await asyncio.gather(*proxy.serving, return_exceptions=True)
