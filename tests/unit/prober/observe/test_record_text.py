"""The text of DNS records: as dnspython writes it, bounded, and nothing but printable ASCII."""

from collections.abc import Callable, Iterable

import dns.rdata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.netguard.wire import wire_name
from services.prober.observe.record_text import (
    caa_values,
    dmarc_values,
    mx_values,
    ns_values,
    spf_values,
)

Values = Callable[[Iterable[bytes]], tuple[str, ...]]


def wire(kind: str, *values: str) -> list[bytes]:
    rdata = (dns.rdata.from_text("IN", kind, value) for value in values)
    return [each.to_wire() or b"" for each in rdata]


def txt(*strings: bytes) -> bytes:
    return b"".join(len(each).to_bytes() + each for each in strings)


@pytest.mark.parametrize(
    ("values", "kind", "texts"),
    [
        (caa_values, "CAA", ['0 issue "ca.example; a=b"', '128 iodef "mailto:a@b.example"']),
        (caa_values, "CAA", ['0 issue ""', r'0 issue "a \"quoted\" \\ \195\188"']),
        (mx_values, "MX", ["0 ."]),
        (mx_values, "MX", ["5 z.example.", "10 a.example.", "10 b.example.", "100 c.example."]),
        (ns_values, "NS", ["a.ns.example.", "b.ns.example.", r"c\.d.example."]),
    ],
)
def test_records_are_written_in_presentation_format_in_an_order_of_their_own(
    values: Values, kind: str, texts: list[str]
) -> None:
    assert list(values(wire(kind, *texts))) == texts
    assert list(values(wire(kind, *reversed(texts)))) == texts


@pytest.mark.parametrize(
    ("text", "is_spf"),
    [
        (b"v=spf1 -all", True),
        (b"v=spf1", True),
        (b"V=SPF1 mx", True),
        (b"v=spf10 -all", False),
        (b"v=spf1;-all", False),
        (b" v=spf1 -all", False),
        (b"v=spf1\n", False),
        (b"v=DMARC1; p=none", False),
        (b"google-site-verification=v=spf1 x", False),
        (b"", False),
    ],
)
def test_spf_is_what_begins_with_its_version(text: bytes, *, is_spf: bool) -> None:
    assert bool(spf_values([txt(text)])) is is_spf


@pytest.mark.parametrize(
    ("text", "is_dmarc"),
    [
        (b"v=DMARC1; p=none", True),
        (b"v=DMARC1;p=none", True),
        (b"v=DMARC1", True),
        (b"V = DMARC1 ; p=reject", True),
        (b"v=dmarc1; p=none", False),
        (b"v=DMARC12; p=none", False),
        (b"v=DMARC1 p=none", False),
        (b"p=none; v=DMARC1", False),
        (b"v=spf1 -all", False),
    ],
)
def test_dmarc_is_what_begins_with_its_version(text: bytes, *, is_dmarc: bool) -> None:
    assert bool(dmarc_values([txt(text)])) is is_dmarc


def test_the_strings_of_a_text_are_joined_without_a_space() -> None:
    assert spf_values([txt(b"v=sp", b"f1 include:a.exa", b"mple -all")]) == (
        "v=spf1 include:a.example -all",
    )


def test_of_several_spf_records_all_are_told() -> None:
    contents = [txt(b"v=spf1 mx -all"), txt(b"other"), txt(b"v=spf1 a -all")]
    assert spf_values(contents) == ("v=spf1 a -all", "v=spf1 mx -all")


def test_what_is_not_printable_is_escaped_and_quotes_stay() -> None:
    assert spf_values([txt(b'v=spf1 "\xff\xc3\xbc\0\n\\"')]) == (
        'v=spf1 "\\255\\195\\188\\000\\010\\\\"',
    )


def test_a_tag_cannot_pretend_to_be_a_value() -> None:
    assert caa_values([b'\0\x04a "bvalue']) == ('0 a\\ \\"b "value"',)


def test_a_long_text_is_cut_between_characters() -> None:
    [text] = spf_values([txt(b"v=spf1 ", *[b"\xff" * 255] * 250)])
    assert text == "v=spf1 " + "\\255" * 254
    assert len(text) == 7 + 4 * 254 <= 1024
    [plain] = spf_values([txt(b"v=spf1 ", *[b"a" * 255] * 250)])
    assert plain == "v=spf1 " + "a" * 1017


def test_a_long_authorization_keeps_its_closing_quote() -> None:
    for tag in (b"issue", b"\xff" * 255):
        [text] = caa_values([b"\0" + len(tag).to_bytes() + tag + b"\xff" * 60_000])
        assert 1018 < len(text) <= 1024
        assert text.endswith('\\255"')


def test_of_four_thousand_records_thirty_two_are_told_and_the_preferred_ones() -> None:
    hosts = [wire_name(f"mx{number:04}.example") for number in range(4000)]
    mail = [number.to_bytes(2) + host for number, host in enumerate(hosts)]
    assert mx_values(reversed(mail)) == tuple(f"{n} mx{n:04}.example." for n in range(32))
    assert len(ns_values(hosts)) == 32
    noise = [txt(b"x%d" % number) for number in range(4000)]
    assert spf_values([*noise, txt(b"v=spf1 -all")]) == ("v=spf1 -all",)
    assert len(spf_values(txt(b"v=spf1 %d" % number) for number in range(4000))) == 32


@given(st.lists(st.binary(min_size=1, max_size=255), min_size=1, max_size=8))
def test_any_text_is_bounded_and_printable(strings: list[bytes]) -> None:
    for version, values in ((b"v=spf1 ", spf_values), (b"v=DMARC1;", dmarc_values)):
        [text] = values([txt(version, *strings)])
        assert len(text) <= 1024
        assert text.isascii()
        assert text.isprintable()


@given(st.binary(min_size=1, max_size=255), st.binary(max_size=2000))
def test_any_authorization_is_bounded_and_printable(tag: bytes, value: bytes) -> None:
    [text] = caa_values([b"\x80" + len(tag).to_bytes() + tag + value])
    assert len(text) <= 1024
    assert text.isascii()
    assert text.isprintable()
