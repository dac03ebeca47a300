"""A small real DNS server on loopback, over UDP and TCP, that answers as a script says.

A script takes a query as dnspython reads it and returns what is sent back: messages, bytes as they
are, or nothing.
"""

import asyncio
import struct
from collections.abc import Callable, Iterable
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Reply = dns.message.Message | bytes
Script = Callable[[dns.message.Message], Iterable[Reply]]


def zone(records: dict[str, dict[str, list[str]]]) -> Script:
    """Answer like a recursive resolver that knows these names: {name: {type: [value, …]}}."""

    def answer(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        owner = name_of(query)
        seen = set()
        while owner not in seen and "CNAME" in records.get(owner, {}):
            seen.add(owner)
            add(reply, owner, "CNAME", records[owner]["CNAME"][0] + ".")
            owner = records[owner]["CNAME"][0]
        add(reply, owner, type_of(query), *records.get(owner, {}).get(type_of(query), ()))
        if owner not in records:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        add_soa(reply)
        yield reply

    return answer


def name_of(query: dns.message.Message) -> str:
    return query.question[0].name.to_text(omit_final_dot=True)


def type_of(query: dns.message.Message) -> str:
    return dns.rdatatype.to_text(query.question[0].rdtype)


def add(reply: dns.message.Message, owner: str, kind: str, *values: str, ttl_s: int = 60) -> None:
    if values:
        reply.answer.append(dns.rrset.from_text(owner + ".", ttl_s, "IN", kind, *values))


def add_soa(reply: dns.message.Message) -> None:
    soa = "ns.example. hostmaster.example. 1 2 3 4 5"
    reply.authority.append(dns.rrset.from_text("example.", 60, "IN", "SOA", soa))


def failing(rcode: dns.rcode.Rcode) -> Script:
    """Answer every query with this response code."""

    def answer(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        reply.set_rcode(rcode)
        yield reply

    return answer


def silent(_: dns.message.Message) -> Iterable[Reply]:
    """Never answer."""
    return ()


def cut_off(query: dns.message.Message) -> Iterable[Reply]:
    """Answer that the answer is too long for a datagram."""
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.TC
    yield reply


class Nameserver:
    """Serves while it is entered; `queries` holds what it was asked, as (name, type, transport)."""

    def __init__(self, script: Script, over_tcp: Script | None = None, *, port: int = 0) -> None:
        self.script = script
        self.over_tcp = over_tcp
        self.queries: list[tuple[str, str, str]] = []
        self.ports: set[int] = set()
        self.address = ("127.0.0.1", port)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        asked = self.address
        while True:
            self._tcp = await asyncio.start_server(self._serve_tcp, *asked)
            self.address = self._tcp.sockets[0].getsockname()[:2]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=self.address
                )
            except OSError:  # a port that is free for TCP may be taken for UDP
                self._tcp.close()
                if asked[1]:
                    raise
            else:
                return self

    async def __aexit__(self, *_: object) -> None:
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()

    @property
    def name(self) -> str:
        return f"{self.address[0]}:{self.address[1]}"

    def replies(self, script: Script, wire: bytes, transport: str) -> list[bytes]:
        query = dns.message.from_wire(wire)
        self.queries.append((name_of(query), type_of(query), transport))
        return [
            each if isinstance(each, bytes) else each.to_wire(max_size=65535)
            for each in script(query)
        ]

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            wire = await reader.readexactly(length)
            for reply in self.replies(self.over_tcp or self.script, wire, "tcp"):
                writer.write(struct.pack("!H", len(reply)) + reply)
            await writer.drain()
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: Nameserver) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]  # UDP gives this kind
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._server.ports.add(addr[1])
        for reply in self._server.replies(self._server.script, data, "udp"):
            self._transport.sendto(reply, addr)
