"""Records for people, CAA, MX, NS and TXT: what dnspython writes, and what an enemy writes."""

import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.netguard.wire import (
    MalformedMessage,
    RecordType,
    question_for,
    response_of,
    strings_of,
    text_name,
    wire_name,
)
from tests.unit.outscope.netguard.test_wire import message, record

OWNER = "www.example.com"
NAME = wire_name(OWNER)
POINTER = b"\xc0\x0c"
TYPES = (RecordType.CAA, RecordType.MX, RecordType.NS, RecordType.TXT)


def contents(record_type: RecordType, *values: str) -> list[bytes]:
    """Read what dnspython writes of these values."""
    answer = dns.message.make_response(dns.message.make_query(OWNER, record_type.name))
    answer.answer.append(dns.rrset.from_text(f"{OWNER}.", 60, "IN", record_type.name, *values))
    wire = answer.to_wire(max_size=65535, want_shuffle=False)
    return response_of(wire, question_for(NAME, record_type)).contents[NAME]


def read(record_type: RecordType, *records: bytes) -> list[bytes]:
    question = question_for(NAME, record_type)
    return response_of(message(*records, question=question), question).contents.get(NAME, [])


@pytest.mark.parametrize("record_type", TYPES)
def test_a_question_is_what_dnspython_asks(record_type: RecordType) -> None:
    query = dns.message.make_query(OWNER, record_type.name)
    assert query.to_wire()[12 : 12 + len(NAME) + 4] == question_for(NAME, record_type)


def test_names_in_records_are_read_decompressed_and_in_lower_case() -> None:
    assert contents(RecordType.NS, "NS1.example.com.", "ns.example.net.") == [
        wire_name("ns1.example.com"),
        wire_name("ns.example.net"),
    ]
    assert contents(RecordType.MX, "10 mail.www.example.com.", "0 .") == [
        b"\0\x0a" + wire_name("mail.www.example.com"),
        b"\0\0\0",
    ]


def test_texts_and_authorizations_are_read_as_they_are() -> None:
    assert contents(RecordType.TXT, '"v=spf1 " "-all" ""') == [b"\x07v=spf1 \x04-all\x00"]
    assert contents(RecordType.CAA, '128 issue "ca.example"') == [b"\x80\x05issueca.example"]
    assert contents(RecordType.CAA, '0 issue ""') == [b"\0\x05issue"]


@pytest.mark.parametrize(
    ("record_type", "data"),
    [
        (RecordType.TXT, b""),
        (RecordType.TXT, b"\x05abc"),
        (RecordType.TXT, b"\x03abc\x01"),
        (RecordType.CAA, b""),
        (RecordType.CAA, b"\0\0"),
        (RecordType.CAA, b"\0\0value"),
        (RecordType.CAA, b"\0\x05issu"),
        (RecordType.MX, b""),
        (RecordType.MX, b"\0"),
        (RecordType.MX, b"\0\x0a"),
        (RecordType.MX, b"\0\x0a\3abc"),
        (RecordType.MX, b"\0\x0a\0\0"),
        (RecordType.MX, b"\0\x0a\xff\xff"),
        (RecordType.NS, b""),
        (RecordType.NS, b"\3abc\0\0"),
        (RecordType.NS, b"\x40" + b"a" * 64 + b"\0"),
    ],
)
def test_data_that_does_not_fit_its_type_is_refused(record_type: RecordType, data: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read(record_type, record(POINTER, record_type, data))


@pytest.mark.parametrize("record_type", [RecordType.NS, RecordType.MX])
def test_a_name_in_a_record_that_points_at_itself_or_ahead_is_refused(
    record_type: RecordType,
) -> None:
    at = 12 + len(NAME) + 4 + 12  # where the record's data begins
    at += 2 if record_type is RecordType.MX else 0
    lead = b"\0\x0a" if record_type is RecordType.MX else b""
    for target in (at, at + 2):
        data = lead + (0xC000 | target).to_bytes(2)
        with pytest.raises(MalformedMessage, match="backwards"):
            read(record_type, record(POINTER, record_type, data))


def test_records_of_another_type_are_no_answer() -> None:
    text = record(POINTER, RecordType.TXT, b"\3abc")
    assert read(RecordType.CAA, text, record(POINTER, RecordType.A, bytes(4))) == []
    # 257 in its low byte alone is type 1, A.
    assert read(RecordType.A, record(POINTER, RecordType.CAA, b"\0\5issue")) == []


def test_of_four_thousand_names_so_many_are_read_as_an_honest_answer_may_have() -> None:
    records = [record(POINTER, RecordType.NS, b"\2ns\xc0\x0c")] * 4000
    assert read(RecordType.NS, *records) == [wire_name(f"ns.{OWNER}")] * 256


def test_four_thousand_texts_are_read() -> None:
    texts = [b"\2" + number.to_bytes(2) for number in range(4000)]
    assert read(RecordType.TXT, *(record(POINTER, RecordType.TXT, each) for each in texts)) == texts


def test_long_names_in_records_are_refused_before_they_cost_much() -> None:
    records = [record(POINTER, RecordType.NS, b"\1a" * 120 + b"\0")] * 200
    with pytest.raises(MalformedMessage, match="too many labels"):
        read(RecordType.NS, *records)


@given(st.lists(st.binary(max_size=255), min_size=1, max_size=20))
def test_strings_survive_the_wire(strings: list[bytes]) -> None:
    assert strings_of(b"".join(len(each).to_bytes() + each for each in strings)) == strings


@given(st.sampled_from(TYPES), st.binary(max_size=300))
def test_any_data_is_read_or_refused(record_type: RecordType, noise: bytes) -> None:
    try:
        [content] = read(record_type, record(POINTER, record_type, noise))
    except MalformedMessage:
        return
    if record_type in {RecordType.NS, RecordType.MX}:
        text_name(content[2 * (record_type is RecordType.MX) :])
