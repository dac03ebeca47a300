import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast

import dns.asyncquery
import dns.message
import dns.rcode
import pytest

from deploy.local.demo.resolver import dns_server
from deploy.local.ports import LOOPBACK, free_port
from outscope.config import Address

UPSTREAM_ANSWER = "192.0.2.7"


class Upstream(asyncio.DatagramProtocol):
    """Answers every name with one address."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        name = query.question[0].name
        reply.answer.append(dns.rrset.from_text(name, 5, "IN", "A", UPSTREAM_ANSWER))
        self._transport.sendto(reply.to_wire(), addr)


@contextlib.asynccontextmanager
async def upstream() -> AsyncIterator[Address]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Upstream, local_addr=(LOOPBACK, 0))
    try:
        yield LOOPBACK, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def resolver(*servers: Address) -> AsyncIterator[int]:
    port = free_port()
    async with dns_server((LOOPBACK, port), servers):
        yield port


async def test_the_site_is_answered_over_udp_and_tcp() -> None:
    query = dns.message.make_query("shop.demo.test", "A")
    async with resolver() as port:
        over_udp = await dns.asyncquery.udp(query, LOOPBACK, timeout=2, port=port)
        over_tcp = await dns.asyncquery.tcp(query, LOOPBACK, timeout=2, port=port)
    assert over_udp.answer[0][0].to_text() == "127.0.0.1"
    assert over_tcp.answer == over_udp.answer


async def test_names_of_others_are_asked_upstream() -> None:
    query = dns.message.make_query("example.com", "A")
    async with upstream() as server, resolver(server) as port:
        reply = await dns.asyncquery.udp(query, LOOPBACK, timeout=2, port=port)
    assert reply.answer[0][0].to_text() == UPSTREAM_ANSWER


async def test_the_next_upstream_is_asked_when_the_first_is_down() -> None:
    query = dns.message.make_query("example.com", "A")
    async with upstream() as server, resolver((LOOPBACK, free_port()), server) as port:
        reply = await dns.asyncquery.udp(query, LOOPBACK, timeout=8, port=port)
    assert reply.answer[0][0].to_text() == UPSTREAM_ANSWER


async def test_without_anybody_to_ask_the_answer_is_servfail() -> None:
    query = dns.message.make_query("example.com", "A")
    async with resolver() as port:
        reply = await dns.asyncquery.udp(query, LOOPBACK, timeout=2, port=port)
    assert reply.rcode() == dns.rcode.SERVFAIL


async def test_garbage_is_not_answered_and_stops_nothing() -> None:
    query = dns.message.make_query("shop.demo.test", "A")
    async with resolver() as port:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(b"\x00\x03abc")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(LOOPBACK, port)
        )
        transport.sendto(b"garbage")
        transport.close()
        reply = await dns.asyncquery.udp(query, LOOPBACK, timeout=2, port=port)
    assert reply.answer


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with resolver() as port:
        with pytest.raises(OSError, match="in use"):
            async with dns_server((LOOPBACK, port), ()):
                pass
