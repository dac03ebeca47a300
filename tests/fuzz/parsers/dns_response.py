"""A DNS response and the aliases in it: read as dnspython reads it, or refused."""

from ipaddress import IPv4Address

import dns.exception
import dns.message
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from outscope.netguard.chain import MAX_ALIASES, Lookup, advanced
from outscope.netguard.wire import (
    HEADER_BYTES,
    MAX_NAME_BYTES,
    MalformedMessage,
    RecordType,
    Response,
    answers_question,
    message_id_of,
    question_for,
    response_of,
    text_name,
    wire_name,
)
from tests.fuzz.target import Target

NAME = "www.example.com"
QUESTION = question_for(wire_name(NAME), RecordType.A)
_RECORD_BYTES = 12


def check(noise: bytes) -> None:
    """Read noise as what follows the header and the question, and as a whole message."""
    counts = noise[:8].ljust(8, b"\0")
    for message in (noise, b"\0\7" + counts[:2] + b"\0\1" + counts[2:8] + QUESTION + noise[8:]):
        if message_id_of(message) is not None and answers_question(message, QUESTION):
            _read(message)


def _read(message: bytes) -> None:
    try:
        response = response_of(message, QUESTION)
    except MalformedMessage:
        assert not _is_plain(message)
        return
    records = sum(map(len, response.contents.values())) + len(response.aliases)
    assert records <= (len(message) - HEADER_BYTES) // _RECORD_BYTES
    for name in (*response.contents, *response.aliases, *response.aliases.values()):
        assert len(name) <= MAX_NAME_BYTES
        text_name(name)
    _compare(message, response)
    _follow(response)


def _is_plain(message: bytes) -> bool:
    """Tell whether dnspython reads it as a query's whole response with nothing odd in it."""
    theirs = _theirs(message)
    return theirs is not None and all(
        rrset.rdtype in {dns.rdatatype.A, dns.rdatatype.CNAME} and len(message) < 512
        for rrset in theirs
    )


def _theirs(message: bytes) -> list[dns.rrset.RRset] | None:
    """Return the answers as dnspython reads them; None where it refuses, or reads otherwise."""
    try:
        read = dns.message.from_wire(message, ignore_trailing=True, one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if message[2] & 0x7A or message[4:6] != b"\0\1":  # another opcode, or truncated
        return None
    return [rrset for rrset in read.answer if rrset.rdclass == dns.rdataclass.IN]


def _compare(message: bytes, response: Response) -> None:
    theirs = _theirs(message)
    if theirs is None:
        return
    addresses = sorted(
        (rrset.name.canonicalize().to_wire(), IPv4Address(rdata.address).packed)
        for rrset in theirs
        if rrset.rdtype == dns.rdatatype.A
        for rdata in rrset
    )
    ours = sorted((owner, one) for owner, packed in response.contents.items() for one in packed)
    assert ours == addresses, (ours, addresses)


def _follow(response: Response) -> None:
    lookup = Lookup(chain=(QUESTION[:-4],))
    for _ in range(MAX_ALIASES + 2):
        if not lookup.is_open:
            break
        lookup = advanced(lookup, response, "server")
    assert not lookup.is_open
    assert len(set(lookup.chain)) == len(lookup.chain) <= MAX_ALIASES + 1


def _seed(*records: tuple[str, str, str]) -> bytes:
    answer = dns.message.make_response(dns.message.make_query(NAME, "A"))
    for owner, kind, value in records:
        answer.answer.append(dns.rrset.from_text(f"{owner}.", 60, "IN", kind, value))
    return answer.to_wire()


def _inner(message: bytes) -> bytes:
    """Return flags, counts and records, as the second message of check is made of them."""
    return message[2:4] + message[6:12] + message[HEADER_BYTES + len(QUESTION) :]


_MESSAGES = (
    _seed(),
    _seed((NAME, "A", "192.0.2.1")),
    _seed((NAME, "CNAME", "a.example.net."), ("a.example.net", "A", "192.0.2.1")),
    _seed((NAME, "CNAME", "b.example.com."), ("b.example.com", "CNAME", f"{NAME}.")),
    _seed((NAME, "AAAA", "2001:db8::1"), (NAME, "A", "192.0.2.1")),
)

TARGET = Target(check=check, seeds=(*_MESSAGES, *map(_inner, _MESSAGES)), max_bytes=2048)
