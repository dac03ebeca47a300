"""One question over TCP: the answer, whole or in pieces, or a typed failure."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

import dns.message
import pytest

from outscope.netguard.tcp import ask_over_tcp
from outscope.netguard.wire import MalformedMessage, RecordType, question_for, wire_name

QUESTION = question_for(wire_name("www.example"), RecordType.A)
Address = tuple[str, int]
Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Behaviour], Awaitable[Address]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve DNS over TCP on loopback as a behaviour says, given each query."""
    servers: list[asyncio.Server] = []

    async def start(behaviour: Behaviour) -> Address:
        async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            length = struct.unpack("!H", await reader.readexactly(2))[0]
            await behaviour(await reader.readexactly(length), writer)
            writer.close()

        servers.append(await asyncio.start_server(serve_one, "127.0.0.1", 0))
        address: Address = servers[-1].sockets[0].getsockname()
        return address

    yield start
    for server in servers:
        server.close()


def framed(message: bytes) -> bytes:
    return struct.pack("!H", len(message)) + message


def answer_to(query: bytes) -> bytes:
    return dns.message.make_response(dns.message.from_wire(query)).to_wire()


async def test_the_answer_is_returned_also_when_it_comes_byte_by_byte(serve: Serve) -> None:
    sent = []

    async def drip(query: bytes, writer: asyncio.StreamWriter) -> None:
        sent.append(answer_to(query))
        for byte in framed(sent[0]):
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)

    assert await ask_over_tcp(await serve(drip), QUESTION, timeout_s=2) == sent[0]


@pytest.mark.parametrize(
    "mangle",
    [
        lambda query: framed(answer_to(query))[:-1],
        lambda _: b"\0",
        lambda _: b"",
        lambda query: framed(bytes((query[0] ^ 1,)) + answer_to(query)[1:]),
        lambda query: framed(answer_to(query).replace(b"www", b"xxx")),
        framed,
        lambda _: framed(b""),
    ],
    ids=["cut", "half a length", "nothing", "other id", "other question", "echo", "empty"],
)
async def test_what_is_no_answer_is_malformed(
    serve: Serve, mangle: Callable[[bytes], bytes]
) -> None:
    async def answer(query: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(mangle(query))
        await writer.drain()

    with pytest.raises(MalformedMessage):
        await ask_over_tcp(await serve(answer), QUESTION, timeout_s=2)


async def test_a_server_that_says_nothing_is_a_timeout(serve: Serve) -> None:
    async def hold(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        assert writer

    with pytest.raises(TimeoutError):
        await ask_over_tcp(await serve(hold), QUESTION, timeout_s=0.05)
    await asyncio.sleep(0.3)


async def test_a_port_nobody_listens_on_is_an_error_of_the_network() -> None:
    with pytest.raises(ConnectionRefusedError):
        await ask_over_tcp(("127.0.0.1", 1), QUESTION, timeout_s=2)
