"""The demo's DNS server: answers for the demo zone and passes every other question on."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, cast

import dns.asyncquery
import dns.exception
import dns.message

from deploy.local.demo import zone
from outscope.config import Address

_UPSTREAM_TIMEOUT_S: Final = 3.0
_LENGTH_BYTES: Final = 2
_NOT_A_QUESTION: Final = (dns.exception.DNSException, asyncio.IncompleteReadError, OSError)


@asynccontextmanager
async def dns_server(listen: Address, upstream: tuple[Address, ...]) -> AsyncIterator[None]:
    """Answer over UDP and TCP while the context is open."""
    host, port = listen
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        lambda: _Datagrams(upstream), local_addr=listen
    )
    try:
        async with await asyncio.start_server(partial(_answer_stream, upstream), host, port):
            yield
    finally:
        transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, upstream: tuple[Address, ...]) -> None:
        self._upstream = upstream
        self._transport: asyncio.DatagramTransport | None = None
        self._answering: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        task = asyncio.create_task(self._answer(data, addr))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, wire: bytes, asker: Address) -> None:
        with contextlib.suppress(dns.exception.DNSException):  # not a question: no answer
            query = dns.message.from_wire(wire)
            reply = await _reply_to(query, self._upstream)
            if self._transport is not None:
                self._transport.sendto(zone.datagram(reply, query), asker)


async def _answer_stream(
    upstream: tuple[Address, ...], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.closing(writer), contextlib.suppress(*_NOT_A_QUESTION):
        while True:
            length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES), "big")
            query = dns.message.from_wire(await reader.readexactly(length))
            wire = (await _reply_to(query, upstream)).to_wire()
            writer.write(len(wire).to_bytes(_LENGTH_BYTES, "big") + wire)
            await writer.drain()


async def _reply_to(
    query: dns.message.Message, upstream: tuple[Address, ...]
) -> dns.message.Message:
    if zone.is_ours(query):
        return zone.answer(query)
    for host, port in upstream:
        with contextlib.suppress(OSError, dns.exception.DNSException):
            reply, _ = await dns.asyncquery.udp_with_fallback(
                query, host, _UPSTREAM_TIMEOUT_S, port
            )
            return reply
    return zone.failure(query)
