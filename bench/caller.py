"""Calls over HTTP/1.1 on connections that stay open, at the least cost a caller can have.

What a caller costs is taken from what is measured on the same machine: requests are bytes made
ahead, and of an answer nothing is read but its status and where it ends.
Law: one request at a time on a connection.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

_END_OF_HEAD: Final = b"\r\n\r\n"
_STATUS: Final = slice(9, 12)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_RETRY: Final = re.compile(rb"\r\nretry-after: *(\d+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    body: bytes
    # What Retry-After asks for; None when it is not there.
    retry_after_s: int | None = None


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._reply: asyncio.Future[Reply] | None = None
        self._is_lost = False

    async def call(self, request: bytes) -> Reply:
        """Send a request and return its reply; raises ConnectionError when none comes."""
        if self._transport is None or self._is_lost:
            raise ConnectionResetError("the server has closed the connection")
        self._reply = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._reply

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be ready to call."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Take a piece of a reply."""
        self._received = self._received + data if self._received else data
        end = self._received.find(_END_OF_HEAD)
        if end < 0:
            return
        head = self._received[: end + 2]
        length = _LENGTH.search(head)
        start = end + len(_END_OF_HEAD)
        body = self._received[start : start + (int(length[1]) if length else 0)]
        if length and len(body) < int(length[1]):
            return
        self._received = b""
        retry = _RETRY.search(head)
        reply = Reply(int(head[_STATUS]), body, int(retry[1]) if retry else None)
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        self._is_lost = True
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(exc or ConnectionResetError("closed before the reply"))


async def callers_of(url: str, count: int) -> list[Caller]:
    """Return so many connections to the host of a URL."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(Caller, host, port) for _ in range(count)]
    return [caller for _, caller in made]


def request_bytes(
    method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
) -> bytes:
    """Return a request as it travels."""
    lines = [f"{method} {path} HTTP/1.1", "host: bench.test"]
    lines += [f"{name}: {value}" for name, value in headers]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode() + body
