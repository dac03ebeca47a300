"""What a hostile resolver, or somebody between, sends: never taken, always bounded, told apart."""

import asyncio
import itertools
import struct
from collections.abc import Iterable
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from outscope.netguard import udp
from outscope.netguard.resolve import ResolveStatus, UnusableName
from tests.integration.outscope.netguard.conftest import Resolve, Serve
from tests.integration.outscope.netguard.nameserver import (
    Reply,
    Script,
    add,
    cut_off,
    failing,
    name_of,
    silent,
    type_of,
    zone,
)

S = ResolveStatus
KNOWN = zone({"v4.example": {"A": ["192.0.2.4"]}})
FOUND = {ip_address("192.0.2.4")}


def spoofs(query: dns.message.Message) -> Iterable[bytes]:
    """Make answers that lead elsewhere and do not match the query."""
    evil = dns.message.make_response(query)
    add(evil, name_of(query), "A", "203.0.113.66")
    wire = evil.to_wire()
    wrong_id = bytes((wire[0] ^ 0xFF,)) + wire[1:]
    other = dns.message.make_response(dns.message.make_query("other.example", "A", id=query.id))
    add(other, "other.example", "A", "203.0.113.66")
    no_response = wire[:2] + bytes((wire[2] & 0x7F,)) + wire[3:]
    return (wrong_id, other.to_wire(), no_response, b"", wire[:11], wire[:2] + b"noise" * 9)


async def test_an_answer_that_does_not_match_is_never_taken(
    nameserver: Serve, resolver: Resolve
) -> None:
    def spoofing(query: dns.message.Message) -> Iterable[Reply]:
        return (*spoofs(query), *KNOWN(query))

    answer = await (await resolver(await nameserver(spoofing))).addresses("v4.example")
    assert (answer.status, set(answer.addresses)) == (S.OK, FOUND)


async def test_answers_from_another_address_are_not_even_received(
    nameserver: Serve, resolver: Resolve
) -> None:
    stranger = await nameserver(silent)
    server = await nameserver(silent)

    def from_elsewhere(query: dns.message.Message) -> Iterable[Reply]:
        evil = dns.message.make_response(query)
        add(evil, name_of(query), "A", "203.0.113.66")
        datagrams = stranger._udp  # noqa: SLF001 - our own server sends from another port
        for port in server.ports:
            datagrams.sendto(evil.to_wire(), ("127.0.0.1", port))
        return KNOWN(query)

    server.script = from_elsewhere
    answer = await (await resolver(server)).addresses("v4.example")
    assert set(answer.addresses) == FOUND


async def test_only_noise_with_the_right_id_is_malformed(
    nameserver: Serve, resolver: Resolve
) -> None:
    def noisy(query: dns.message.Message) -> Iterable[Reply]:
        yield struct.pack("!H", query.id) + b"\x81\x80" + b"\xff" * 40

    answer = await (await resolver(await nameserver(noisy), timeout_s=0.3)).addresses("v4.example")
    assert answer.status is S.MALFORMED


async def test_a_broken_answer_is_malformed_and_the_next_resolver_is_asked(
    nameserver: Serve, resolver: Resolve
) -> None:
    def broken(query: dns.message.Message) -> Iterable[Reply]:
        for reply in KNOWN(query):
            assert isinstance(reply, dns.message.Message)
            reply.authority.clear()
            yield reply.to_wire()[:-3] if reply.answer else reply

    first, second = await nameserver(broken), await nameserver(KNOWN)
    broken_only = await (await resolver(first)).addresses("v4.example")
    assert broken_only.a.status is S.MALFORMED
    assert (await (await resolver(first, second)).addresses("v4.example")).status is S.OK


async def test_a_cut_off_answer_is_asked_again_over_tcp(
    nameserver: Serve, resolver: Resolve
) -> None:
    many = [f"192.0.2.{number}" for number in range(1, 255)]
    server = await nameserver(cut_off, zone({"many.example": {"A": many}}))
    answer = await (await resolver(server)).addresses("many.example")
    assert answer.a.status is S.OK
    assert len(answer.a.addresses) == 254
    assert sorted(kind for _, kind, transport in server.queries if transport == "tcp") == [
        "A",
        "AAAA",
    ]


def garbled(query: dns.message.Message) -> Iterable[Reply]:
    yield struct.pack("!H", query.id) + b"\xff" * 30


def hanging_up(_: dns.message.Message) -> Iterable[Reply]:
    return ()


@pytest.mark.parametrize(
    ("over_tcp", "status"),
    [
        (failing(dns.rcode.SERVFAIL), S.SERVFAIL),
        (cut_off, S.MALFORMED),
        (garbled, S.MALFORMED),
        (hanging_up, S.MALFORMED),
    ],
)
async def test_what_goes_wrong_over_tcp_has_its_status(
    nameserver: Serve, resolver: Resolve, over_tcp: Script, status: S
) -> None:
    server = await nameserver(cut_off, over_tcp)
    answer = await (await resolver(server, timeout_s=0.6)).addresses("many.example")
    assert answer.status is status


async def test_four_thousand_addresses_are_all_returned_and_soon(
    nameserver: Serve, resolver: Resolve
) -> None:
    def flood(query: dns.message.Message) -> Iterable[Reply]:
        wire = dns.message.make_response(query).to_wire()
        kind, size = (1, 4) if type_of(query) == "A" else (28, 16)
        count = 65_000 // (12 + size) if size == 16 else 4000
        yield (
            wire[:6]
            + struct.pack("!H", count)
            + wire[8:]
            + b"".join(
                b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, size) + number.to_bytes(size)
                for number in range(count)
            )
        )

    server = await nameserver(cut_off, flood)
    answer = await (await resolver(server)).addresses("many.example")
    assert len(answer.a.addresses) == 4000
    assert len(answer.aaaa.addresses) == 65_000 // 28
    assert answer.duration_ms < 1000


async def test_a_chain_without_end_stops_at_its_limit(nameserver: Serve, resolver: Resolve) -> None:
    def endless(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        number = int(name_of(query).split(".")[0][1:])
        add(reply, name_of(query), "CNAME", f"n{number + 1}.example.")
        yield reply

    server = await nameserver(endless)
    answer = await (await resolver(server)).addresses("n0.example")
    assert answer.status is S.CNAME_LOOP
    assert len(server.queries) <= 2 * 17


async def test_many_look_ups_share_one_socket_and_keep_their_answers_apart(
    nameserver: Serve, resolver: Resolve
) -> None:
    names = {f"n{number}.example": f"192.0.2.{number}" for number in range(60)}
    server = await nameserver(zone({name: {"A": [address]} for name, address in names.items()}))
    ours = await resolver(server)
    answers = await asyncio.gather(*map(ours.addresses, names))
    assert [str(answer.a.addresses[0]) for answer in answers] == list(names.values())
    assert len(server.ports) == 1


async def test_a_socket_is_replaced_after_its_share_of_questions(
    nameserver: Serve, resolver: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(udp, "MAX_QUESTIONS", 8)
    server = await nameserver(KNOWN)
    ours = await resolver(server)
    for expected in (1, 1, 2, 2, 3):
        answers = await asyncio.gather(*(ours.addresses("v4.example") for _ in range(2)))
        assert {answer.status for answer in answers} == {S.OK}
        assert len(server.ports) == expected


async def test_ids_do_not_follow_from_one_another(nameserver: Serve, resolver: Resolve) -> None:
    ids: list[int] = []

    def noting(query: dns.message.Message) -> Iterable[Reply]:
        ids.append(query.id)
        return KNOWN(query)

    ours = await resolver(await nameserver(noting))
    await asyncio.gather(*(ours.addresses("v4.example") for _ in range(32)))
    steps = {(second - first) % 65536 for first, second in itertools.pairwise(ids)}
    assert len(steps) > 32
    assert max(ids) - min(ids) > 4096


@pytest.mark.parametrize("name", ["", "a..b", "a" * 64 + ".example", "exämple.com"])
async def test_what_is_no_name_is_never_asked(
    nameserver: Serve, resolver: Resolve, name: str
) -> None:
    server = await nameserver(KNOWN)
    with pytest.raises(UnusableName):
        await (await resolver(server)).addresses(name)
    assert server.queries == []


@pytest.mark.parametrize("name", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1"])
async def test_an_address_in_any_spelling_is_asked_for_as_a_name_and_has_none(
    nameserver: Serve, resolver: Resolve, name: str
) -> None:
    answer = await (await resolver(await nameserver(KNOWN))).addresses(name)
    assert (answer.status, answer.addresses) == (S.NXDOMAIN, ())
