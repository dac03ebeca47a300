"""Looking names up through real resolvers: every status, every trick of a hostile one."""

import asyncio
import time
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from outscope.netguard.resolve import Resolver, ResolveStatus, system_resolvers
from outscope.netguard.udp import UdpChannel
from tests.integration.outscope.netguard.conftest import Resolve, Serve
from tests.integration.outscope.netguard.nameserver import (
    Nameserver,
    Reply,
    Script,
    add,
    failing,
    name_of,
    silent,
    type_of,
    zone,
)

S = ResolveStatus
RECORDS = {
    "both.example": {"A": ["192.0.2.1", "192.0.2.2"], "AAAA": ["2001:db8::1"]},
    "v4.example": {"A": ["192.0.2.4"]},
    "v6.example": {"AAAA": ["2001:db8::6"]},
    "empty.example": {},
    "alias.example": {"CNAME": ["second.example"]},
    "second.example": {"CNAME": ["both.example"]},
    "dangling.example": {"CNAME": ["gone.example"]},
    "hollow.example": {"CNAME": ["empty.example"]},
    "loop.example": {"CNAME": ["pool.example"]},
    "pool.example": {"CNAME": ["loop.example"]},
    "self.example": {"CNAME": ["self.example"]},
}
KNOWN = zone(RECORDS)
FOUND = {ip_address("192.0.2.4")}


async def test_both_families_are_found_at_once(nameserver: Serve, resolver: Resolve) -> None:
    server = await nameserver(KNOWN)
    answer = await (await resolver(server)).addresses("Both.Example.")
    assert (answer.status, answer.a.status, answer.aaaa.status) == (S.OK, S.OK, S.OK)
    assert set(answer.a.addresses) == {ip_address("192.0.2.1"), ip_address("192.0.2.2")}
    assert answer.aaaa.addresses == (ip_address("2001:db8::1"),)
    assert (answer.cname_chain, answer.ttl_s, answer.server) == ((), 60, server.name)
    assert 0 <= answer.duration_ms < 1000
    assert sorted(server.queries) == [
        ("both.example", "A", "udp"),
        ("both.example", "AAAA", "udp"),
    ]


@pytest.mark.parametrize(
    ("name", "statuses", "chain"),
    [
        ("v4.example", (S.OK, S.OK, S.NO_DATA), ()),
        ("v6.example", (S.OK, S.NO_DATA, S.OK), ()),
        ("empty.example", (S.NO_DATA, S.NO_DATA, S.NO_DATA), ()),
        ("gone.example", (S.NXDOMAIN, S.NXDOMAIN, S.NXDOMAIN), ()),
        ("alias.example", (S.OK, S.OK, S.OK), ("second.example", "both.example")),
        ("dangling.example", (S.NXDOMAIN, S.NXDOMAIN, S.NXDOMAIN), ("gone.example",)),
        ("hollow.example", (S.NO_DATA, S.NO_DATA, S.NO_DATA), ("empty.example",)),
        ("loop.example", (S.CNAME_LOOP, S.CNAME_LOOP, S.CNAME_LOOP), ("pool.example",)),
        ("self.example", (S.CNAME_LOOP, S.CNAME_LOOP, S.CNAME_LOOP), ()),
    ],
)
async def test_what_the_resolver_knows_is_told_as_it_is(
    nameserver: Serve,
    resolver: Resolve,
    name: str,
    statuses: tuple[S, S, S],
    chain: tuple[str, ...],
) -> None:
    answer = await (await resolver(await nameserver(KNOWN))).addresses(name)
    assert (answer.status, answer.a.status, answer.aaaa.status) == statuses
    assert answer.cname_chain == chain


@pytest.mark.parametrize(
    ("rcode", "status"),
    [
        (dns.rcode.SERVFAIL, S.SERVFAIL),
        (dns.rcode.REFUSED, S.REFUSED),
        (dns.rcode.NOTIMP, S.REFUSED),
        (dns.rcode.FORMERR, S.REFUSED),
    ],
)
async def test_a_failing_resolver_is_told_from_the_others_and_asked_once(
    nameserver: Serve, resolver: Resolve, rcode: dns.rcode.Rcode, status: S
) -> None:
    server = await nameserver(failing(rcode))
    answer = await (await resolver(server)).addresses("v4.example")
    assert (answer.status, answer.a.status, answer.aaaa.status) == (status, status, status)
    assert answer.addresses == ()
    assert len(server.queries) == 2


async def test_a_silent_resolver_is_asked_again_until_time_is_up(
    nameserver: Serve, resolver: Resolve
) -> None:
    server = await nameserver(silent)
    started = time.monotonic()
    answer = await (await resolver(server, timeout_s=0.3)).addresses("v4.example")
    assert 0.25 < time.monotonic() - started < 1.0
    assert (answer.status, answer.server, answer.ttl_s) == (S.TIMEOUT, "", None)
    assert len(server.queries) == 6


async def test_a_resolver_that_is_not_there_is_unreachable(resolver: Resolve) -> None:
    async with Resolver((("127.0.0.1", 1),), timeout_s=0.4) as gone:
        answer = await gone.addresses("v4.example")
    assert (answer.status, answer.a.status, answer.aaaa.status) == (S.UNREACHABLE,) * 3
    assert 350 < answer.duration_ms < 1000


async def test_a_resolver_that_comes_back_in_a_moment_is_found() -> None:
    async with Nameserver(KNOWN) as former:
        pass
    async with Resolver((former.address,)) as ours:
        pending = asyncio.ensure_future(ours.addresses("v4.example"))
        await asyncio.sleep(0.05)
        async with Nameserver(KNOWN, port=former.address[1]):
            assert (await pending).status is S.OK


async def test_a_resolver_that_comes_back_before_time_is_up_is_found() -> None:
    async with Nameserver(KNOWN) as former:
        pass
    async with Resolver((former.address,), timeout_s=3.0) as ours:
        pending = asyncio.ensure_future(ours.addresses("v4.example"))
        await asyncio.sleep(1.0)
        async with Nameserver(KNOWN, port=former.address[1]):
            assert (await pending).status is S.OK


async def test_a_resolver_that_is_not_there_is_tried_with_pauses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[UdpChannel] = []
    open_socket = UdpChannel.__init__

    def counted(
        channel: UdpChannel,
        sockaddr: tuple[str, int],
        server: str,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        made.append(channel)
        open_socket(channel, sockaddr, server, loop)

    monkeypatch.setattr(UdpChannel, "__init__", counted)
    async with Resolver((("127.0.0.1", 1),), timeout_s=0.5) as gone:
        await gone.addresses("v4.example")
    assert 3 <= len(made) <= 6


async def test_a_failure_that_was_told_is_not_waited_on_for_one_that_is_not_there(
    nameserver: Serve,
) -> None:
    server = await nameserver(failing(dns.rcode.SERVFAIL))
    async with Resolver((("127.0.0.1", 1), server.address), timeout_s=3.0) as two:
        answer = await two.addresses("v4.example")
    assert answer.status is S.SERVFAIL
    assert answer.duration_ms < 1000


async def test_a_silent_resolver_has_its_turns_beside_one_that_is_not_there(
    nameserver: Serve,
) -> None:
    lost = 2

    def slow(query: dns.message.Message) -> Iterable[Reply]:
        return () if len(server.queries) <= lost else KNOWN(query)

    server = await nameserver(slow)
    async with Resolver((("127.0.0.1", 1), server.address), timeout_s=0.9) as two:
        assert (await two.addresses("v4.example")).status is S.OK


async def test_the_next_resolver_answers_for_one_that_is_not_there(nameserver: Serve) -> None:
    server = await nameserver(KNOWN)
    async with Resolver((("127.0.0.1", 1), server.address)) as two:
        answer = await two.addresses("v4.example")
    assert (answer.status, answer.server) == (S.OK, server.name)


@pytest.mark.parametrize("bad", [failing(dns.rcode.SERVFAIL), failing(dns.rcode.REFUSED), silent])
async def test_the_next_resolver_answers_for_one_that_fails(
    nameserver: Serve, resolver: Resolve, bad: Script
) -> None:
    first, second = await nameserver(bad), await nameserver(KNOWN)
    both = await resolver(first, second, timeout_s=0.6)
    answer = await both.addresses("v4.example")
    assert (answer.status, set(answer.addresses), answer.server) == (S.OK, FOUND, second.name)


async def test_the_resolver_that_answered_is_asked_first_from_then_on(
    nameserver: Serve, resolver: Resolve
) -> None:
    first, second = await nameserver(silent), await nameserver(KNOWN)
    both = await resolver(first, second, timeout_s=0.6)
    await both.addresses("v4.example")
    first.queries.clear()
    await both.addresses("v6.example")
    assert first.queries == []


async def test_a_failure_a_resolver_told_is_reported_before_silence(
    nameserver: Serve, resolver: Resolve
) -> None:
    servers = (await nameserver(silent), await nameserver(failing(dns.rcode.SERVFAIL)))
    answer = await (await resolver(*servers, timeout_s=0.3)).addresses("v4.example")
    assert answer.status is S.SERVFAIL


async def test_one_lost_datagram_is_asked_for_again(nameserver: Serve, resolver: Resolve) -> None:
    lost = {"A", "AAAA"}

    def lossy(query: dns.message.Message) -> Iterable[Reply]:
        if type_of(query) in lost:
            lost.discard(type_of(query))
            return ()
        return KNOWN(query)

    answer = await (await resolver(await nameserver(lossy), timeout_s=0.6)).addresses("v4.example")
    assert answer.status is S.OK


async def test_a_late_answer_counts_though_another_resolver_was_asked_meanwhile(
    nameserver: Serve, resolver: Resolve
) -> None:
    first, second = await nameserver(silent), await nameserver(silent)
    both = await resolver(first, second, timeout_s=0.9)
    held: list[dns.message.Message] = []

    def hold(query: dns.message.Message) -> Iterable[Reply]:
        held.append(query)
        return ()

    def release(_: dns.message.Message) -> Iterable[Reply]:
        datagrams = first._udp  # noqa: SLF001 - our own server sends late, from its own port
        for query in held:
            for reply in KNOWN(query):
                assert isinstance(reply, dns.message.Message)
                datagrams.sendto(reply.to_wire(), ("127.0.0.1", next(iter(first.ports))))
        held.clear()
        return ()

    first.script, second.script = hold, release
    answer = await both.addresses("v4.example")
    assert (answer.status, answer.server) == (S.OK, first.name)


async def test_one_family_answered_and_one_silent_is_still_found(
    nameserver: Serve, resolver: Resolve
) -> None:
    def half(query: dns.message.Message) -> Iterable[Reply]:
        return KNOWN(query) if type_of(query) == "A" else ()

    answer = await (await resolver(await nameserver(half), timeout_s=0.3)).addresses("v4.example")
    assert (answer.status, answer.a.status, answer.aaaa.status) == (S.OK, S.OK, S.TIMEOUT)


async def test_a_chain_told_one_alias_at_a_time_is_followed(
    nameserver: Serve, resolver: Resolve
) -> None:
    def stepwise(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        number = int(name_of(query).split(".")[0][1:])
        if number < 5:
            add(reply, name_of(query), "CNAME", f"n{number + 1}.example.", ttl_s=100 - number)
        elif type_of(query) == "A":
            add(reply, name_of(query), "A", "192.0.2.4", ttl_s=300)
        yield reply

    answer = await (await resolver(await nameserver(stepwise))).addresses("n0.example")
    assert (answer.status, answer.aaaa.status) == (S.OK, S.NO_DATA)
    assert answer.cname_chain == tuple(f"n{number}.example" for number in range(1, 6))
    assert answer.ttl_s == 96


async def test_families_with_different_aliases_are_followed_each_on_its_own(
    nameserver: Serve, resolver: Resolve
) -> None:
    def forked(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        if name_of(query) == "www.example":
            add(reply, "www.example", "CNAME", f"{type_of(query).lower()}.example.")
        elif name_of(query) == "a.example" and type_of(query) == "A":
            add(reply, "a.example", "A", "192.0.2.4")
        elif name_of(query) == "aaaa.example" and type_of(query) == "AAAA":
            add(reply, "aaaa.example", "AAAA", "2001:db8::1")
        yield reply

    answer = await (await resolver(await nameserver(forked))).addresses("www.example")
    assert answer.addresses == (ip_address("192.0.2.4"), ip_address("2001:db8::1"))
    assert answer.cname_chain == ("a.example",)


async def test_the_resolvers_word_on_dnssec_is_passed_on(
    nameserver: Serve, resolver: Resolve
) -> None:
    def validating(query: dns.message.Message) -> Iterable[Reply]:
        assert query.flags & dns.flags.AD
        for reply in KNOWN(query):
            assert isinstance(reply, dns.message.Message)
            reply.flags |= dns.flags.AD
            yield reply

    signed = await (await resolver(await nameserver(validating))).addresses("v4.example")
    plain = await (await resolver(await nameserver(KNOWN))).addresses("v4.example")
    assert (signed.authenticated, plain.authenticated) == (True, False)


async def test_a_cancelled_look_up_leaves_nothing_waiting(
    nameserver: Serve, resolver: Resolve
) -> None:
    server = await nameserver(silent)
    ours = await resolver(server)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await ours.addresses("v4.example")
    server.script = KNOWN
    assert (await ours.addresses("v4.example")).status is S.OK


def test_a_resolver_without_servers_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Resolver(())


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("nameserver 192.0.2.1\nnameserver 2001:db8::1\n", ("192.0.2.1", "2001:db8::1")),
        ("# nameserver 192.0.2.9\nsearch example\n nameserver\t192.0.2.1 # x\n", ("192.0.2.1",)),
        ("options ndots:5\nnameserver\n", ("127.0.0.1",)),
        ("", ("127.0.0.1",)),
    ],
)
def test_the_systems_resolvers_are_read_from_its_file(
    tmp_path: Path, text: str, servers: tuple[str, ...]
) -> None:
    path = tmp_path / "resolv.conf"
    path.write_text(text)
    assert system_resolvers(path) == tuple((server, 53) for server in servers)


def test_without_the_systems_file_its_own_loopback_is_asked(tmp_path: Path) -> None:
    assert system_resolvers(tmp_path / "none") == (("127.0.0.1", 53),)
