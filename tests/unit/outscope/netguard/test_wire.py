"""Reading and writing DNS messages: what dnspython writes, and what an enemy writes."""

import itertools
import struct
from ipaddress import IPv4Address, IPv6Address

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.netguard.wire import (
    MalformedMessage,
    RecordType,
    Response,
    UnusableName,
    answers_question,
    message_id_of,
    query_for,
    question_for,
    response_of,
    text_name,
    wire_name,
)

NAME = wire_name("www.example.com")
QUESTION = question_for(NAME, RecordType.A)
QUESTION_V6 = question_for(NAME, RecordType.AAAA)
ADDRESS = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"


def message(
    *records: bytes,
    question: bytes = QUESTION,
    flags: int = 0x8180,
    answers: int | None = None,
    authorities: int = 0,
    message_id: int = 7,
) -> bytes:
    count = len(records) if answers is None else answers
    return struct.pack("!HHHHHH", message_id, flags, 1, count, authorities, 0) + b"".join(
        (question, *records)
    )


def record(owner: bytes, record_type: int, content: bytes, *, ttl_s: int = 60) -> bytes:
    return owner + struct.pack("!HHIH", record_type, 1, ttl_s, len(content)) + content


def read(*records: bytes, answers: int | None = None) -> Response:
    return response_of(message(*records, answers=answers), QUESTION)


def test_a_query_is_what_dnspython_reads_as_our_question() -> None:
    parsed = dns.message.from_wire(query_for(0xABCD, QUESTION_V6))
    assert parsed.id == 0xABCD
    assert parsed.question[0].to_text() == "www.example.com. IN AAAA"
    assert parsed.flags == dns.flags.RD | dns.flags.AD
    assert len(parsed.question) == 1


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("example.com", b"\7example\3com\0"),
        ("EXAMPLE.Com.", b"\7example\3com\0"),
        ("xn--bcher-kva.example", b"\x0dxn--bcher-kva\7example\0"),
        ("_dmarc.a", b"\6_dmarc\1a\0"),
        ("0x7f.1", b"\x040x7f\x011\0"),
    ],
)
def test_a_name_is_written_lower_case_and_without_its_trailing_dot(name: str, wire: bytes) -> None:
    assert wire_name(name) == wire


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a" * 64 + ".example",
        "büc.example",
        "\uff11.example",
        "a." * 127 + "aa",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(UnusableName):
        wire_name(name)


def test_the_longest_name_is_written() -> None:
    assert len(wire_name(".".join("a" * 127))) == 255


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        (b"\3www\7example\0", "www.example"),
        (b"\0", "."),
        (b"\3a.b\1c\0", "a\\.b.c"),
        (b"\3a\\b\0", "a\\\\b"),
        (b"\4\xc3\xbc\n \0", "\\195\\188\\010\\032"),
    ],
)
def test_a_label_cannot_pretend_to_be_two_in_text(wire: bytes, text: str) -> None:
    assert text_name(wire) == text


def test_an_address_is_read_with_its_owner_and_ttl() -> None:
    response = read(ADDRESS)
    assert response.contents == {NAME: [b"\xc0\x00\x02\x01"]}
    assert response.ttls == {NAME: 60}


def test_an_alias_is_read_through_compression() -> None:
    # Target: cdn + a pointer to example.com within the question; its address is owned by a pointer
    # to that target.
    alias = record(b"\xc0\x0c", RecordType.CNAME, b"\3cdn\xc0\x10")
    target = 12 + len(QUESTION) + 12
    owner = struct.pack("!H", 0xC000 | target)
    response = read(alias, record(owner, RecordType.A, b"\1\2\3\4"))
    cdn = wire_name("cdn.example.com")
    assert response.aliases == {NAME: cdn}
    assert response.contents == {cdn: [b"\1\2\3\4"]}


def test_owners_are_compared_without_letter_case() -> None:
    owner = b"\3WwW\7eXample\3COM\0"
    assert read(record(owner, RecordType.A, b"\1\2\3\4")).contents == {NAME: [b"\1\2\3\4"]}


def test_records_of_other_types_and_classes_are_skipped() -> None:
    chaos = b"\xc0\x0c" + struct.pack("!HHIH", RecordType.A, 3, 60, 4) + b"\1\2\3\4"
    response = read(record(b"\xc0\x0c", 16, b"\x04text"), chaos, ADDRESS)
    assert response.contents == {NAME: [b"\xc0\x00\x02\x01"]}


def test_an_ipv6_record_in_an_answer_about_ipv4_is_skipped() -> None:
    assert read(record(b"\xc0\x0c", RecordType.AAAA, bytes(16))).contents == {}


def test_the_smallest_ttl_of_a_name_counts_and_a_negative_one_is_zero() -> None:
    owner = b"\xc0\x0c"
    both = (
        record(owner, RecordType.A, bytes(4), ttl_s=90),
        record(owner, RecordType.A, b"\1\1\1\1", ttl_s=30),
    )
    assert read(*both).ttls == {NAME: 30}
    assert read(record(owner, RecordType.A, bytes(4), ttl_s=0x80000001)).ttls == {NAME: 0}


def test_a_start_of_authority_is_noted() -> None:
    soa = record(b"\xc0\x0c", RecordType.SOA, bytes(22))
    assert response_of(message(soa, answers=0, authorities=1), QUESTION).has_soa
    assert not response_of(message(answers=0), QUESTION).has_soa


def test_a_truncated_message_is_not_read_any_further() -> None:
    response = response_of(message(b"\xff", flags=0x8380, answers=9), QUESTION)
    assert response.truncated
    assert response.contents == {}


def test_flags_are_told() -> None:
    assert response_of(message(flags=0x81A3), QUESTION).rcode == 3
    assert response_of(message(flags=0x81A0), QUESTION).authentic
    assert not response_of(message(flags=0x8180), QUESTION).authentic


def test_a_bare_header_with_an_error_is_read() -> None:
    bare = message(flags=0x8185, question=b"")[:4] + bytes(8)
    assert answers_question(bare, QUESTION)
    assert response_of(bare, QUESTION).rcode == 5


@pytest.mark.parametrize(
    ("received", "is_ours"),
    [
        (message(), True),
        (message(question=question_for(b"\3WWW\7Example\3coM\0", RecordType.A)), True),
        (message(question=QUESTION_V6), False),
        (message(question=question_for(wire_name("www.example.org"), RecordType.A)), False),
        (message(question=QUESTION[:-1] + b"\3"), False),
        (message()[:-1], False),
        (message(question=b""), False),
        (message(question=b"")[:12].replace(b"\x81\x80", b"\x81\x80"), False),
        (message()[:4] + b"\0\2" + message()[6:], False),
    ],
)
def test_only_the_exact_question_is_answered(received: bytes, *, is_ours: bool) -> None:
    assert answers_question(received, QUESTION) is is_ours


@pytest.mark.parametrize(
    ("received", "message_id"),
    [(message(message_id=0x1234), 0x1234), (message(flags=0x0100), None), (b"\0" * 11, None)],
)
def test_the_id_is_read_of_responses_only(received: bytes, message_id: int | None) -> None:
    assert message_id_of(received) == message_id


def pointer(offset: int) -> bytes:
    return struct.pack("!H", 0xC000 | offset)


END = 12 + len(QUESTION)


@pytest.mark.parametrize(
    ("records", "answers"),
    [
        ((), 1),  # an answer is announced and missing
        ((ADDRESS,), 2),
        ((ADDRESS[:-1],), 1),
        ((ADDRESS[:5],), 1),
        ((record(b"\xc0\x0c", RecordType.A, b"\1\2\3"),), 1),
        ((record(b"\xc0\x0c", RecordType.A, bytes(16)),), 1),
        ((record(pointer(END), RecordType.A, bytes(4)),), 1),  # points at itself
        ((record(pointer(END + 4), RecordType.A, bytes(4)),), 1),  # forwards
        ((record(b"\1a" + pointer(END), RecordType.A, bytes(4)),), 1),  # round and round
        ((record(pointer(0x3FFF), RecordType.A, bytes(4)),), 1),  # past the end
        ((record(b"\x40" + bytes(64), RecordType.A, bytes(4)),), 1),  # a reserved label type
        ((record(b"\x80\0", RecordType.A, bytes(4)),), 1),
        ((record(b"\x3f" + b"a" * 63, RecordType.A, bytes(4))[:40],), 1),
        ((record((b"\x3f" + b"a" * 63) * 4 + b"\0", RecordType.A, bytes(4)),), 1),  # 257 bytes
        ((record(b"\xc0\x0c", RecordType.CNAME, b"\1a"),), 1),  # an alias that never ends
        ((record(b"\xc0\x0c", RecordType.CNAME, b"\1a\0xx"),), 1),  # and one that ends too soon
        ((record(b"\xc0\x0c", RecordType.CNAME, b""),), 1),
        ((b"\xc0",), 1),
    ],
)
def test_a_malformed_answer_is_told_as_such(records: tuple[bytes, ...], answers: int) -> None:
    with pytest.raises(MalformedMessage):
        read(*records, answers=answers)


def test_pointers_into_pointers_are_followed_only_backwards() -> None:
    chain = [record(b"\1a" + pointer(12), 16, b"")]
    offset = END
    for _ in range(20):
        chain.append(record(b"\1a" + pointer(offset), 16, b""))
        offset += len(chain[-2])
    response = read(*chain, record(pointer(offset), RecordType.A, bytes(4)))
    assert list(response.contents) == [b"\1a" * 21 + NAME]


def test_another_kind_of_message_is_malformed() -> None:
    with pytest.raises(MalformedMessage):
        response_of(message(flags=0xA980), QUESTION)


def test_four_thousand_addresses_are_read() -> None:
    packed = [struct.pack("!I", number) for number in range(4000)]
    records = [record(b"\xc0\x0c", RecordType.A, each) for each in packed]
    assert read(*records).contents == {NAME: packed}


def test_four_thousand_names_of_a_hundred_labels_are_refused_before_they_cost_much() -> None:
    soup = record(b"\xc0\x0c", 16, b"\1a" * 120 + b"\0")
    owners = [pointer(END + 12 + 2 * (number % 20)) for number in range(4000)]
    cached = read(soup, *(record(owner, RecordType.A, bytes(4)) for owner in owners))
    assert len(cached.contents) == 20
    with pytest.raises(MalformedMessage, match="too many labels"):
        read(*(record(b"\1b" * 120 + b"\0", RecordType.A, bytes(4)) for _ in range(40)))


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    for received in (noise, message(noise, answers=3, authorities=1)):
        if message_id_of(received) is not None and answers_question(received, QUESTION):
            try:
                response = response_of(received, QUESTION)
            except MalformedMessage:
                continue
            for owner in (*response.contents, *response.aliases, *response.aliases.values()):
                assert len(owner) <= 255
                text_name(owner)


@given(st.data())
def test_any_change_to_a_real_answer_is_read_or_refused(data: st.DataObject) -> None:
    received = bytearray(real_answer(["192.0.2.1", "192.0.2.2"], ["a.example.net", "b.example"]))
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, len(received) - 1))
        received[position] = data.draw(st.integers(0, 255))
    cut = bytes(received[: data.draw(st.integers(12, len(received)))])
    if answers_question(cut, QUESTION):
        try:
            response_of(cut, QUESTION)
        except MalformedMessage:
            return


labels = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)
host_names = st.lists(labels, min_size=1, max_size=5).map(".".join)


@given(host_names)
def test_a_name_survives_the_wire(name: str) -> None:
    assert text_name(wire_name(name)) == name
    assert wire_name(name) == dns.name.from_text(name).to_wire()


@given(
    st.lists(st.ip_addresses(v=4).map(str), max_size=20, unique=True),
    st.lists(host_names, max_size=5, unique=True),
)
def test_what_dnspython_writes_is_read_the_same(addresses: list[str], aliases: list[str]) -> None:
    response = response_of(real_answer(addresses, aliases), QUESTION)
    chain = ["www.example.com", *aliases]
    assert response.aliases == {
        wire_name(owner): wire_name(target)
        for owner, target in itertools.pairwise(chain)
        if owner != target
    }
    expected = [IPv4Address(each).packed for each in addresses]
    # dnspython shuffles the records of a set.
    assert sorted(response.contents.get(wire_name(chain[-1]), [])) == sorted(expected)


def test_what_dnspython_writes_of_ipv6_is_read_the_same() -> None:
    query = dns.message.make_query("www.example.com", "AAAA")
    answer = dns.message.make_response(query)
    answer.answer.append(
        dns.rrset.from_text("www.example.com.", 60, "IN", "AAAA", "2001:db8::1", "::1")
    )
    response = response_of(answer.to_wire(), QUESTION_V6)
    packed = {IPv6Address("2001:db8::1").packed, IPv6Address("::1").packed}
    assert set(response.contents[NAME]) == packed


def real_answer(addresses: list[str], aliases: list[str]) -> bytes:
    query = dns.message.make_query("www.example.com", "A")
    answer = dns.message.make_response(query)
    owner = "www.example.com."
    for alias in aliases:
        if alias + "." != owner:
            answer.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", alias + "."))
        owner = alias + "."
    if addresses:
        answer.answer.append(dns.rrset.from_text(owner, 60, "IN", "A", *addresses))
    return answer.to_wire(max_size=65535)
