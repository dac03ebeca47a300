"""Records of one type: over UDP, over TCP when they are many, and what a hostile resolver sends."""

import asyncio
import struct
from collections.abc import Iterable

import dns.message
import dns.rcode
import pytest

from outscope.netguard.resolve import RecordType, Resolver, ResolveStatus, UnusableName
from outscope.netguard.wire import strings_of, wire_name
from tests.integration.outscope.netguard.conftest import Resolve, Serve
from tests.integration.outscope.netguard.nameserver import (
    Reply,
    add,
    cut_off,
    failing,
    silent,
    zone,
)

S = ResolveStatus
MANY = [f'"{number:04}"' for number in range(3000)]
KNOWN = zone(
    {
        "mail.example": {"MX": ["10 a.example.", "20 b.example."]},
        "alias.example": {"CNAME": ["mail.example"]},
        "many.example": {"TXT": MANY},
    }
)


def soon(seconds: float = 5.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def test_records_are_found_with_their_ttl(nameserver: Serve, resolver: Resolve) -> None:
    ours: Resolver = await resolver(await nameserver(KNOWN))
    found = await ours.records("mail.example", RecordType.MX, until=soon())
    assert (found.status, found.ttl_s, found.is_alias) == (S.OK, 60, False)
    assert set(found.contents) == {
        b"\0\x0a" + wire_name("a.example"),
        b"\0\x14" + wire_name("b.example"),
    }


async def test_an_alias_is_followed_and_noted(nameserver: Serve, resolver: Resolve) -> None:
    ours = await resolver(await nameserver(KNOWN))
    found = await ours.records("alias.example", RecordType.MX, until=soon())
    assert (found.status, len(found.contents), found.is_alias) == (S.OK, 2, True)
    other = await ours.records("alias.example", RecordType.CAA, until=soon())
    assert (other.status, other.contents, other.is_alias) == (S.NO_DATA, (), True)


async def test_what_is_cut_off_is_asked_again_over_tcp(
    nameserver: Serve, resolver: Resolve
) -> None:
    server = await nameserver(cut_off, KNOWN)
    found = await (await resolver(server)).records("many.example", RecordType.TXT, until=soon())
    assert found.status is S.OK
    assert sorted(b"".join(strings_of(each)).decode() for each in found.contents) == [
        each.strip('"') for each in MANY
    ]
    assert server.queries == [
        ("many.example", "TXT", "udp"),
        ("many.example", "TXT", "tcp"),
    ]


@pytest.mark.parametrize(
    ("rcode", "status"),
    [
        (dns.rcode.SERVFAIL, S.SERVFAIL),
        (dns.rcode.REFUSED, S.REFUSED),
        (dns.rcode.NOTIMP, S.REFUSED),
        (dns.rcode.NXDOMAIN, S.NXDOMAIN),
        (dns.rcode.NOERROR, S.NO_DATA),
    ],
)
async def test_each_end_is_told_apart(
    nameserver: Serve, resolver: Resolve, rcode: dns.rcode.Rcode, status: ResolveStatus
) -> None:
    ours = await resolver(await nameserver(failing(rcode)))
    found = await ours.records("mail.example", RecordType.CAA, until=soon())
    assert (found.status, found.contents, found.ttl_s) == (status, (), None)


async def test_silence_ends_at_the_moment_given(nameserver: Serve, resolver: Resolve) -> None:
    ours = await resolver(await nameserver(silent), timeout_s=5.0)
    began = asyncio.get_running_loop().time()
    found = await ours.records("mail.example", RecordType.MX, until=soon(0.2))
    assert found.status is S.TIMEOUT
    assert asyncio.get_running_loop().time() - began < 1.0


async def test_another_resolver_is_asked_when_the_first_fails(
    nameserver: Serve, resolver: Resolve
) -> None:
    ours = await resolver(
        await nameserver(failing(dns.rcode.SERVFAIL)), await nameserver(KNOWN), timeout_s=2.0
    )
    found = await ours.records("mail.example", RecordType.MX, until=soon())
    assert found.status is S.OK


async def test_records_of_another_name_or_type_are_never_taken(
    nameserver: Serve, resolver: Resolve
) -> None:
    def astray(query: dns.message.Message) -> Iterable[Reply]:
        reply = dns.message.make_response(query)
        add(reply, "evil.example", "MX", "0 evil.example.")
        add(reply, "mail.example", "TXT", '"v=spf1 +all"')
        yield reply

    ours = await resolver(await nameserver(astray))
    found = await ours.records("mail.example", RecordType.MX, until=soon())
    assert (found.status, found.contents) == (S.NO_DATA, ())


@pytest.mark.parametrize(
    "data",
    [b"\0\x0a\xc0\x2c", b"\0\x0a\xc0\xff", b"\0\x0a\x05abc", b"\0", b"\0\x0a" + b"\1a" * 200],
    ids=["loop", "ahead", "cut", "short", "long"],
)
async def test_a_record_that_breaks_the_rules_is_malformed(
    nameserver: Serve, resolver: Resolve, data: bytes
) -> None:
    def broken(query: dns.message.Message) -> Iterable[Reply]:
        wire = bytearray(dns.message.make_response(query).to_wire())
        wire[7] = 1  # ANCOUNT
        yield bytes(wire) + b"\xc0\x0c" + struct.pack("!HHIH", 15, 1, 60, len(data)) + data

    ours = await resolver(await nameserver(broken), timeout_s=0.5)
    found = await ours.records("mail.example", RecordType.MX, until=soon())
    assert (found.status, found.contents) == (S.MALFORMED, ())


async def test_what_is_no_name_is_refused(nameserver: Serve, resolver: Resolve) -> None:
    ours = await resolver(await nameserver(KNOWN))
    with pytest.raises(UnusableName):
        await ours.records("_dmarc." + "a." * 125 + "a", RecordType.TXT, until=soon())
