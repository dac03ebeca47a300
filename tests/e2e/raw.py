"""A client that is hardly more than a socket: what a caller really gets, byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.running import System


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: int
    name: str
    content: Any


@dataclass
class Connection:
    """One request on a connection of its own, and what came back."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)

    async def read_head(self) -> None:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status_line, *lines = head.strip().split("\r\n")
        self.status = int(status_line.split(" ")[1])
        pairs = (line.split(": ", 1) for line in lines)
        self.headers = {name.lower(): value for name, value in pairs}

    async def body(self) -> bytes:
        """Read the rest of an answer that is no stream."""
        return await self.reader.readexactly(int(self.headers.get("content-length", "0")))

    async def json(self) -> Any:  # noqa: ANN401 - what JSON is
        return json.loads(await self.body())

    async def chunks(self) -> AsyncIterator[bytes]:
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            yield await self.reader.readexactly(size)
            await self.reader.readexactly(2)

    async def events(self) -> AsyncIterator[Event]:
        """Yield events until the stream ends, or the connection breaks."""
        text = ""
        try:
            async for chunk in self.chunks():
                text += chunk.decode()
                *blocks, text = text.split("\n\n")
                for block in blocks:
                    lines = dict(line.split(": ", 1) for line in block.split("\n"))
                    if "data" in lines:
                        content = json.loads(lines["data"])
                        yield Event(int(lines["id"]), lines["event"], content)
        except (ConnectionError, asyncio.IncompleteReadError):
            return


@asynccontextmanager
async def requested(
    system: System,
    path: str,
    headers: Mapping[str, str] | None = None,
    *,
    is_answered: bool = True,
) -> AsyncIterator[Connection]:
    """Send a GET with the key; the head of the answer has come, unless that is not waited for."""
    url = urlsplit(system.rest)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=2**22)
    sent = {"Host": "raw", "x-api-key": system.api_key, **(headers or {})}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    connection = Connection(reader, writer)
    try:
        await writer.drain()
        if is_answered:
            await connection.read_head()
        yield connection
    finally:
        writer.transport.abort()
