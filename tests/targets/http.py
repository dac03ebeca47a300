"""A small HTTP/1.1 server that answers with prepared bytes, and counts what it was asked."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

_REASONS = {200: "OK", 301: "Moved Permanently", 400: "Bad Request", 401: "Unauthorized"}


def response(
    status: int = 200,
    body: bytes = b"",
    *,
    headers: Iterable[tuple[str, str]] = (),
    content_type: str = "text/html; charset=utf-8",
) -> bytes:
    """Return a complete response."""
    lines = [
        f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


NOT_FOUND = response(404, b"not found", content_type="text/plain")


@dataclass
class HttpServer:
    """A connection handler: serves prepared responses by path, keeping connections alive."""

    responses: Mapping[str, bytes]
    # After each of these many responses the connection is closed, without a word of it before.
    closes_after: int | None = None
    # What is answered for every other path.
    otherwise: Callable[[str], bytes] = lambda _: NOT_FOUND
    connections: int = 0
    # Raw request heads, in the order received.
    requests: list[bytes] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        served = 0
        while self.closes_after is None or served < self.closes_after:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            path = head.split(b" ", 2)[1].decode("ascii")
            known = self.responses.get(path)
            writer.write(self.otherwise(path) if known is None else known)
            await writer.drain()
            served += 1

    @property
    def paths(self) -> list[str]:
        return [head.split(b" ", 2)[1].decode("ascii") for head in self.requests]
