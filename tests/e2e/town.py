"""A small outside world on loopback, in a process of its own: DNS, a site, the same with TLS.

Names: anything under town.test resolves to 127.0.0.1, inner.town.test to 10.0.0.1,
missing.town.test does not exist. Prints its ports as one JSON line and serves until it is killed.
"""

import asyncio
import json
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import trustme
import uvloop

OPENAPI: Final = {
    "openapi": "3.1.0",
    "info": {"title": "Town", "version": "1"},
    "paths": {"/things": {"get": {"responses": {"200": {"description": "ok"}}}}},
}
PAGE: Final = b"""<!doctype html><html><head><title>Town</title>
<link rel="stylesheet" href="/s.css"></head><body><h1>Town</h1><p>Welcome to our shop.</p>
<a href="/a">A</a><a href="/b">B</a><a href="/c">C</a></body></html>"""
SLOW_S: Final = 6.0
# A burst of checks after a standstill of ours is no reason to lose connections: it is healthy.
BACKLOG: Final = 4096

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"

ANSWERS: Final[Mapping[bytes, tuple[str, str, bytes]]] = {
    b"/": ("200 OK", HTML, PAGE),
    b"/openapi.json": ("200 OK", JSON, json.dumps(OPENAPI).encode()),
    b"/health": ("200 OK", JSON, b'{"status":"ok"}'),
    b"/private": ("401 Unauthorized", JSON, b'{"error":"unauthorized"}'),
}
MOVED: Final[Mapping[bytes, str]] = {
    b"/moved": "/health?access_token=of-the-town",
    b"/inward": "http://inner.town.test/",
}
NOT_FOUND: Final = ("404 Not Found", JSON, b'{"detail":"Not Found"}')


class Dns(asyncio.DatagramProtocol):
    """Answers A with the town's address and everything else with no data."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        question = query.question[0]
        name = question.name.to_text().lower()
        if name == "missing.town.test.":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif question.rdtype == dns.rdatatype.A:
            address = "10.0.0.1" if name == "inner.town.test." else "127.0.0.1"
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "A", address))
        self._transport.sendto(answer.to_wire(), addr)


class Site(asyncio.Protocol):
    """Answers GET on a kept connection; the slow one thinks for a while first."""

    def __init__(self, delay_s: float = 0.0) -> None:
        self._delay_s = delay_s
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.startswith(b"GET "[: len(self._received)]):
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            self._transport.close()
            return
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            asyncio.get_running_loop().call_later(self._delay_s, self._answer, head.split(b" ")[1])

    def _answer(self, path: bytes) -> None:
        status, content_type, body = ANSWERS.get(path.partition(b"?")[0], NOT_FOUND)
        moved = ""
        if path in MOVED:
            status, moved = "302 Found", f"Location: {MOVED[path]}\r\n"
        challenge = 'WWW-Authenticate: Bearer realm="town"\r\n' if path == b"/private" else ""
        head = (
            f"HTTP/1.1 {status}\r\nServer: town\r\nContent-Type: {content_type}\r\n"
            f"{challenge}{moved}"
            f"Set-Cookie: session=secret-of-the-town\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


async def serve(folder: Path) -> None:
    authority = trustme.CA()
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    secured = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("*.town.test", "*.watched.town.test").configure_cert(secured)
    loop = asyncio.get_running_loop()
    resolver, _ = await loop.create_datagram_endpoint(Dns, local_addr=("127.0.0.1", 0))
    plain = await loop.create_server(Site, "127.0.0.1", 0, backlog=BACKLOG)
    tls = await loop.create_server(Site, "127.0.0.1", 0, ssl=secured, backlog=BACKLOG)
    slow = await loop.create_server(lambda: Site(SLOW_S), "127.0.0.1", 0, backlog=BACKLOG)
    ports = {
        "dns": resolver.get_extra_info("sockname")[1],
        "http": plain.sockets[0].getsockname()[1],
        "https": tls.sockets[0].getsockname()[1],
        "slow": slow.sockets[0].getsockname()[1],
    }
    print(json.dumps(ports), flush=True)  # noqa: T201 - how its ports are told
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
