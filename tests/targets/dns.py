"""A small DNS server on loopback, UDP only, that answers from a zone a test writes."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from ipaddress import ip_address
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

LOCALHOST = "127.0.0.1"
TTL_S = 60

# A name's addresses of both families; a name that is absent does not exist (NXDOMAIN).
Zone = MutableMapping[str, tuple[str, ...]]
# Other records by name and type, in presentation format; a name in it exists.
Records = Mapping[str, Mapping[str, tuple[str, ...]]]


@asynccontextmanager
async def serve_dns(
    zone: Zone,
    *,
    records: Records | None = None,
    aliases: Mapping[str, str] | None = None,
    rcodes: Mapping[str, dns.rcode.Rcode] | None = None,
    silent: Iterable[str] = (),
    unanswered: Iterable[dns.rdatatype.RdataType] = (),
    queries: list[tuple[str, str]] | None = None,
) -> AsyncIterator[tuple[str, int]]:
    """Answer from the zone while the context is open; yields host and port.

    aliases are CNAMEs; rcodes are names answered with an error; silent are names never answered,
    unanswered are record types. queries gets the name and the type of each query that comes.
    """
    loop = asyncio.get_running_loop()
    answering = _Answering(
        zone, records or {}, aliases or {}, rcodes or {}, frozenset(silent), frozenset(unanswered)
    )
    if queries is not None:
        answering.queries = queries
    transport, _ = await loop.create_datagram_endpoint(lambda: answering, local_addr=(LOCALHOST, 0))
    try:
        yield LOCALHOST, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def serve_garbage() -> AsyncIterator[tuple[str, int]]:
    """Repeat every question as an answer that claims records it does not hold."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(_Claiming, local_addr=(LOCALHOST, 0))
    try:
        yield LOCALHOST, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


class _Claiming(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # as below

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = bytearray(dns.message.make_response(query, recursion_available=True).to_wire())
        answer[7] = 9  # ANCOUNT
        self._transport.sendto(bytes(answer), addr)


class _Answering(asyncio.DatagramProtocol):
    def __init__(
        self,
        zone: Zone,
        records: Records,
        aliases: Mapping[str, str],
        rcodes: Mapping[str, dns.rcode.Rcode],
        silent: frozenset[str],
        unanswered: frozenset[dns.rdatatype.RdataType],
    ) -> None:
        self.queries: list[tuple[str, str]] = []
        self._zone = zone
        self._records = records
        self._aliases = aliases
        self._rcodes = rcodes
        self._silent = silent
        self._unanswered = unanswered

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # uvloop's is no subclass

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        self.queries.append((name, dns.rdatatype.to_text(query.question[0].rdtype)))
        if name not in self._silent and query.question[0].rdtype not in self._unanswered:
            answer = self._answer(query, name).to_wire(want_shuffle=False)  # in the zone's order
            self._transport.sendto(answer, addr)

    def _answer(self, query: dns.message.Message, name: str) -> dns.message.Message:
        answer = dns.message.make_response(query, recursion_available=True)
        if name in self._rcodes:
            answer.set_rcode(self._rcodes[name])
            return answer
        while name in self._aliases and len(answer.answer) < 20:
            target = self._aliases[name]
            answer.answer.append(
                dns.rrset.from_text(f"{name}.", TTL_S, "IN", "CNAME", f"{target}.")
            )
            name = target
        if name not in self._zone and name not in self._records:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer
        self._add_records(answer, name, query.question[0].rdtype)
        return answer

    def _add_records(
        self, answer: dns.message.Message, name: str, rdtype: dns.rdatatype.RdataType
    ) -> None:
        version = {dns.rdatatype.A: 4, dns.rdatatype.AAAA: 6}.get(rdtype)
        record_type = dns.rdatatype.to_text(rdtype)
        found = list(self._records.get(name, {}).get(record_type, ()))
        if name in self._zone:
            found += [text for text in self._zone[name] if ip_address(text).version == version]
        if found:
            answer.answer.append(dns.rrset.from_text(f"{name}.", TTL_S, "IN", record_type, *found))
