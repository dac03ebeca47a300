"""Serves one TCP connection handler on loopback while a context is open.

Every test can have a loopback address of its own (127.0.0.0/8), so that well-known port numbers
can be used side by side.
"""

import asyncio
import contextlib
import secrets
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOCALHOST = "127.0.0.1"
_PATIENCE_S = 0.2


def own_address() -> str:
    """Return a loopback address that nobody else uses."""
    return ".".join(["127", *(str(2 + secrets.randbelow(250)) for _ in range(3))])


@asynccontextmanager
async def serve(
    handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = LOCALHOST, port: int = 0
) -> AsyncIterator[int]:
    """Serve each connection with the handler; yields the port."""
    running: set[asyncio.Task[None]] = set()

    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError, EOFError):
                await handler(reader, writer)
        finally:
            writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(run(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, host, port, ssl=tls, backlog=1024)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # lets the loop close what was told to close


@contextmanager
def refused_port(host: str = LOCALHOST) -> Iterator[int]:
    """Hold a port on which nobody listens."""
    with socket.socket() as holder:
        holder.bind((host, 0))
        yield holder.getsockname()[1]


@contextmanager
def breaking_off(host: str = LOCALHOST) -> Iterator[int]:
    """Hold a port whose connections are reset in the very turn of the event loop they are seen."""
    with socket.socket() as listener:
        listener.bind((host, 0))
        listener.listen()
        listener.setblocking(False)
        task = asyncio.ensure_future(_break_off(listener))
        try:
            yield listener.getsockname()[1]
        finally:
            task.cancel()


async def _break_off(listener: socket.socket) -> None:
    while True:
        with contextlib.suppress(BlockingIOError):
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            accepted.close()
        await asyncio.sleep(0)


@contextmanager
def filtered_port(host: str = LOCALHOST) -> Iterator[int]:
    """Hold a port that answers nothing: its queue is full, so the kernel drops what knocks."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        with contextlib.suppress(TimeoutError):
            while True:
                filler = stack.enter_context(socket.socket())
                filler.settimeout(_PATIENCE_S)
                filler.connect((host, port))
        yield port
