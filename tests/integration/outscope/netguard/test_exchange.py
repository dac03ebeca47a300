"""The state of one name's questions over several resolvers."""

import asyncio
from collections.abc import AsyncIterator

import dns.flags
import dns.message
import dns.rcode
import pytest

from outscope.netguard.answer import ResolveStatus
from outscope.netguard.exchange import Exchange
from outscope.netguard.udp import UdpChannel
from outscope.netguard.wire import RecordType, question_for, wire_name
from tests.integration.outscope.netguard.conftest import Serve
from tests.integration.outscope.netguard.nameserver import silent, zone

NAME = wire_name("www.example")
A = question_for(NAME, RecordType.A)
AAAA = question_for(NAME, RecordType.AAAA)
KNOWN = zone({"www.example": {"A": ["192.0.2.1"], "AAAA": ["2001:db8::1"]}})


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    """Both questions of one name."""
    exchange = Exchange((A, AAAA), asyncio.get_running_loop())
    yield exchange
    exchange.forget()


def reply(question: bytes, *, rcode: int = 0, flags: int = 0) -> bytes:
    kind = "A" if question == A else "AAAA"
    message = dns.message.make_response(dns.message.make_query("www.example", kind))
    message.set_rcode(dns.rcode.Rcode(rcode))
    message.flags |= flags
    return message.to_wire()


async def test_a_round_ends_when_all_is_answered(exchange: Exchange, nameserver: Serve) -> None:
    server = await nameserver(KNOWN)
    channel = UdpChannel(server.address, "one", asyncio.get_running_loop())
    exchange.ask(channel, (A, AAAA))
    async with asyncio.timeout(1):
        await exchange.wait(60)
    assert exchange.is_complete
    assert {server for _, server in exchange.answers.values()} == {"one"}
    channel.close()


async def test_a_silent_round_is_a_timeout_for_what_is_open(
    exchange: Exchange, nameserver: Serve
) -> None:
    channel = UdpChannel((await nameserver(silent)).address, "one", asyncio.get_running_loop())
    exchange.ask(channel, (A, AAAA))
    exchange.receive(A, reply(A), "one")
    await exchange.wait(0.02)
    assert not exchange.is_complete
    assert exchange.unanswered("one") == (AAAA,)
    assert exchange.failure(AAAA) is ResolveStatus.TIMEOUT
    channel.close()


async def test_a_round_without_questions_ends_at_once(exchange: Exchange) -> None:
    async with asyncio.timeout(1):
        await exchange.wait(60)


def test_a_resolver_that_failed_is_not_asked_the_same_again() -> None:
    with asyncio.Runner() as runner:
        exchange = Exchange((A, AAAA), runner.get_loop())
        exchange.receive(A, reply(A, rcode=2), "one")
        assert exchange.unanswered("one") == (AAAA,)
        assert exchange.unanswered("two") == (A, AAAA)


async def test_the_first_answer_stays(exchange: Exchange) -> None:
    exchange.receive(A, reply(A), "one")
    exchange.receive(A, reply(A, flags=dns.flags.AD), "two")
    exchange.receive(A, reply(A, rcode=2), "three")
    response, server = exchange.answers[A]
    assert (response.authentic, server) == (False, "one")


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        ((ResolveStatus.UNREACHABLE, ResolveStatus.TIMEOUT), ResolveStatus.TIMEOUT),
        ((ResolveStatus.TIMEOUT, ResolveStatus.UNREACHABLE), ResolveStatus.TIMEOUT),
        ((ResolveStatus.MALFORMED, ResolveStatus.TIMEOUT), ResolveStatus.MALFORMED),
        ((ResolveStatus.SERVFAIL, ResolveStatus.REFUSED), ResolveStatus.SERVFAIL),
        ((), ResolveStatus.TIMEOUT),
    ],
)
async def test_of_several_failures_the_most_telling_is_reported(
    exchange: Exchange, failures: tuple[ResolveStatus, ...], told: ResolveStatus
) -> None:
    for status in failures:
        exchange.fail(A, status)
    assert exchange.failure(A) is told


async def test_a_cut_off_answer_is_neither_an_answer_nor_a_failure(
    exchange: Exchange, nameserver: Serve
) -> None:
    channel = UdpChannel((await nameserver(silent)).address, "one", asyncio.get_running_loop())
    exchange.ask(channel, (A,))
    exchange.receive(A, reply(A, flags=dns.flags.TC), "one")
    assert exchange.truncated == {A}
    assert exchange.unanswered("one") == (A, AAAA)
    channel.close()


@pytest.mark.parametrize("fault", ["servfail", "cut off", "unreachable"])
async def test_the_late_failure_of_one_resolver_does_not_end_the_round_of_the_next(
    exchange: Exchange, nameserver: Serve, fault: str
) -> None:
    loop = asyncio.get_running_loop()
    first = UdpChannel((await nameserver(silent)).address, "one", loop)
    second = UdpChannel((await nameserver(silent)).address, "two", loop)
    exchange.ask(first, (A,))
    await exchange.wait(0.01)
    exchange.ask(second, (A,))
    if fault == "unreachable":
        loop.call_later(0.01, exchange.note_unreachable, A, "one")
    else:
        late = reply(A, rcode=2) if fault == "servfail" else reply(A, flags=dns.flags.TC)
        loop.call_later(0.01, exchange.receive, A, late, "one")
    loop.call_later(0.03, exchange.receive, A, reply(A), "two")
    await exchange.wait(5)
    assert exchange.answers[A][1] == "two"
    assert exchange.truncated == set()
    first.close()
    second.close()


async def test_unreachability_ends_a_round_and_tells_nothing(
    exchange: Exchange, nameserver: Serve
) -> None:
    channel = UdpChannel((await nameserver(silent)).address, "one", asyncio.get_running_loop())
    exchange.ask(channel, (A, AAAA))
    asyncio.get_running_loop().call_later(0.01, exchange.note_unreachable, A, "one")
    asyncio.get_running_loop().call_later(0.01, exchange.note_unreachable, AAAA, "one")
    async with asyncio.timeout(1):
        await exchange.wait(60)
    assert exchange.failure(A) is ResolveStatus.UNREACHABLE
    untold = [exchange.is_untold]
    exchange.fail(A, ResolveStatus.SERVFAIL, "one")
    untold.append(exchange.is_untold)
    assert untold == [True, False]
    channel.close()
