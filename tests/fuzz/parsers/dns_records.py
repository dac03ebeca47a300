"""Records for people in a DNS response, and their text: as dnspython reads them, or refused."""

from collections.abc import Callable, Iterable
from typing import Final

import dns.exception
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

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
    wire_name,
)
from services.prober.observe.limits import VALUE_CHARS, VALUES
from services.prober.observe.record_text import (
    caa_values,
    dmarc_values,
    mx_values,
    ns_values,
    spf_values,
)
from tests.fuzz.target import Target

NAME: Final = "www.example.com"
_RECORD_BYTES: Final = 11
_PREFERENCE_BYTES: Final = 2
_TEXTS: Final[dict[RecordType, tuple[Callable[[Iterable[bytes]], tuple[str, ...]], ...]]] = {
    RecordType.CAA: (caa_values,),
    RecordType.MX: (mx_values,),
    RecordType.NS: (ns_values,),
    RecordType.TXT: (spf_values, dmarc_values),
}
_TYPES: Final = tuple(_TEXTS)


def check(noise: bytes) -> None:
    """Read noise as flags, counts and records after a question; its first byte says of what."""
    if not noise:
        return
    record_type = _TYPES[noise[0] % len(_TYPES)]
    question = question_for(wire_name(NAME), record_type)
    counts = noise[1:9].ljust(8, b"\0")
    message = b"\0\7" + counts[:2] + b"\0\1" + counts[2:8] + question + noise[9:]
    if message_id_of(message) is None or not answers_question(message, question):
        return
    try:
        response = response_of(message, question)
    except MalformedMessage:
        assert not _is_plain(message, record_type)
        return
    _hold_bounds(message, response, record_type)
    _compare(message, response, record_type)


def _hold_bounds(message: bytes, response: Response, record_type: RecordType) -> None:
    contents = [content for found in response.contents.values() for content in found]
    assert len(contents) <= (len(message) - HEADER_BYTES) // _RECORD_BYTES
    if record_type in {RecordType.MX, RecordType.NS}:
        assert all(len(each) <= MAX_NAME_BYTES + _PREFERENCE_BYTES for each in contents)
    for values_of in _TEXTS[record_type]:
        values = values_of(contents)
        assert len(values) <= VALUES
        for value in values:
            assert len(value) <= VALUE_CHARS, value
            assert value.isascii(), value
            assert value.isprintable(), value


def _theirs(message: bytes) -> list[dns.rrset.RRset] | None:
    """Return the answers as dnspython reads them; None where it refuses, or reads otherwise."""
    try:
        read = dns.message.from_wire(message, ignore_trailing=True, one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError):
        return None
    if message[2] & 0x7A or message[4:6] != b"\0\1":  # another opcode, or truncated
        return None
    return [rrset for rrset in read.answer if rrset.rdclass == dns.rdataclass.IN]


def _is_plain(message: bytes, record_type: RecordType) -> bool:
    """Tell whether dnspython reads it as a query's whole response with nothing odd in it."""
    theirs = _theirs(message)
    return theirs is not None and all(
        rrset.rdtype in {record_type, dns.rdatatype.CNAME} and len(message) < 512
        for rrset in theirs
    )


def _compare(message: bytes, response: Response, record_type: RecordType) -> None:
    theirs = _theirs(message)
    if theirs is None:
        return
    records = sorted(
        (rrset.name.canonicalize().to_wire() or b"", _in_lower_case(rdata, record_type))
        for rrset in theirs
        if rrset.rdtype == int(record_type)
        for rdata in rrset
    )
    ours = sorted((owner, one) for owner, found in response.contents.items() for one in found)
    assert ours == records, (ours, records)


def _in_lower_case(rdata: dns.rdata.Rdata, record_type: RecordType) -> bytes:
    """Return a record's data without compression, its names as ours are."""
    has_name = record_type in {RecordType.MX, RecordType.NS}
    return (rdata.to_digestable() if has_name else rdata.to_wire()) or b""


def _seed(record_type: RecordType, *values: str) -> bytes:
    answer = dns.message.make_response(dns.message.make_query(NAME, record_type.name))
    answer.answer.append(dns.rrset.from_text(f"{NAME}.", 60, "IN", record_type.name, *values))
    wire = answer.to_wire()
    question = question_for(wire_name(NAME), record_type)
    chosen = _TYPES.index(record_type).to_bytes()
    return chosen + wire[2:4] + wire[6:12] + wire[HEADER_BYTES + len(question) :]


TARGET = Target(
    check=check,
    seeds=(
        _seed(RecordType.CAA, '0 issue "ca.example; a=b"', '128 iodef "mailto:a@b.example"'),
        _seed(RecordType.MX, "10 mail.example.com.", "0 ."),
        _seed(RecordType.NS, "ns1.example.com.", "ns2.example.net."),
        _seed(RecordType.TXT, '"v=spf1 " "-all"', '"v=DMARC1; p=none; psd=n"', '"\\255\\000"'),
    ),
    max_bytes=2048,
)
