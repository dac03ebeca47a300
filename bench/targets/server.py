"""Our own web server for the targets, when there is no nginx: one page, over HTTP and over TLS.

Run as a process: `python -m bench.targets.server PLAIN_PORT TLS_PORT CERTIFICATE`.
"""

import asyncio
import ssl
import sys
from typing import Final, cast

import uvloop

from bench.targets.names import ADDRESSES
from bench.targets.page import PAGE

_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)
)


class OnePage(asyncio.Protocol):
    """Answers every request with the page, and keeps the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        # Not asserted: uvloop's transports have the methods and not the base class.
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Answer when a whole request head has come."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            _, _, self._received = self._received.partition(b"\r\n\r\n")
            self._transport.write(_ANSWER)


async def serve(plain_port: int, tls_port: int, certificate: str) -> None:
    """Serve on every address of the targets until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    await loop.create_server(OnePage, ADDRESSES, plain_port, backlog=4096)
    await loop.create_server(OnePage, ADDRESSES, tls_port, ssl=context, backlog=4096)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
