"""Every endpoint of the benchmark in one process: takes posts, answers 204, keeps connections.

Run as a process: `python -m bench.notify.receiver PORT FILE KEPT`. It prints a line when it serves.
Headers and body of the first KEPT posts go to FILE, one JSON value a line; any GET is answered with
the number of posts that have come.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import uvloop

_FINE: Final = b"HTTP/1.1 204 No Content\r\n\r\n"
_COUNT: Final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b"
_HEAD_END: Final = b"\r\n\r\n"
_ANY_ADDRESS: Final = "0.0.0.0"  # an endpoint is an address of 127/8


@dataclass(slots=True, kw_only=True)
class Seen:
    """What has come."""

    file: Path
    kept: int
    posts: int = 0
    lines: list[str] = field(default_factory=list)

    def note(self, head: bytes, body: bytes) -> None:
        """Count a post, and keep it while few are kept."""
        self.posts += 1
        if self.posts > self.kept:
            return
        pairs = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        self.lines.append(json.dumps({"headers": headers, "body": body.decode()}))
        self.file.write_text("\n".join(self.lines), "utf-8")


class Endpoint(asyncio.Protocol):
    """Answers each request at once."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        # Not asserted: uvloop's transports have the methods and not the base class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request has come."""
        self._received += data
        while (end := self._received.find(_HEAD_END)) >= 0:
            head, rest = self._received[:end], self._received[end + len(_HEAD_END) :]
            if head.startswith(b"GET"):
                count = str(self._seen.posts).encode()
                self._transport.write(_COUNT % (len(count), count))
                self._received = rest
                continue
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                return
            self._transport.write(_FINE)
            self._seen.note(head, rest[:length])
            self._received = rest[length:]


async def serve(port: int, seen: Seen) -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Endpoint(seen), _ANY_ADDRESS, port, backlog=4096)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Seen(file=Path(sys.argv[2]), kept=int(sys.argv[3]))))
