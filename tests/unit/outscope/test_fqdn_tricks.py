"""Spellings by which an address passes for a name: none is taken, for checks nor for webhooks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.netguard.policy import Policy
from services.scheduler.domain.webhook import checked_url

# What the functions of an operating system read as an address, or what becomes one when mapped.
TRICKS = {
    "decimal": "2130706433",
    "decimal, rooted": "2130706433.",
    "hexadecimal": "0x7f000001",
    "hexadecimal, rooted, mixed case": "0X7F000001.",
    "hexadecimal octet": "0x7f.0.0.1",
    "hexadecimal octet, mixed case": "0X7f.0.0.1",
    "octal": "017700000001",
    "octal octets": "0177.0000.0.01",
    "short of one part": "127.0.1",
    "short of two parts": "127.1",
    "mixed bases": "0x7f.1",
    "rooted": "127.0.0.1.",
    "rooted twice": "127.0.0.1..",
    "too many parts": "127.0.0.0.1",
    "a name that ends in a number": "example.127",
    "full-width digits": "\uff11\uff12\uff17.\uff10.\uff10.\uff11",
    "full-width hexadecimal": "\uff10\uff58\uff17\uff46.1",
    "circled digits": "\u2460\u2461\u2466.0.0.1",
    "digits with a full stop": "\u2488\u2489",
    "Arabic-Indic digits": "\u0661\u0662\u0667.\u0660.\u0660.\u0661",
    "extended Arabic-Indic digits": "\u06f1\u06f2\u06f7.0.0.1",
    "Bengali digits": "\u09e7\u09e8\u09ed.0.0.1",
    "mathematical bold digits": "\U0001d7cf\U0001d7d0\U0001d7d5.0.0.1",
    "superscript digits": "\u00b9\u00b2\u2077.0.0.1",
    "ideographic full stops": "127\u30020\u30020\u30021",
    "half-width full stops": "127\uff610\uff610\uff611",
    "an invisible letter": "127.0.0.1\u00ad",
    "a label that only looks encoded": "xn--1.0.0.1",
    "IPv6": "::1",
    "IPv6 in brackets": "[::1]",
    "IPv6 written out": "0:0:0:0:0:0:0:1",
    "IPv4-mapped": "[::ffff:127.0.0.1]",
    "IPv4-mapped, mixed case": "[::FFFF:7F00:1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "with a zone": "[fe80::1%eth0]",
    "with a zone, escaped": "[fe80::1%25eth0]",
    "with a zone, bare": "fe80::1%eth0",
    "behind a user": "example.com@127.0.0.1",
    "behind a user and a password": "example.com:443@127.0.0.1",
    "behind a backslash": "127.0.0.1\\@example.com",
    "escaped": "127%2e0%2e0%2e1",
    "before a NUL": "127.0.0.1\x00.example.com",
}


@pytest.mark.parametrize("spelling", TRICKS.values(), ids=list(TRICKS))
def test_no_spelling_of_an_address_is_taken_for_a_name(spelling: str) -> None:
    with pytest.raises(InvalidRequest):
        normalised_fqdn(spelling)


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("spelling", TRICKS.values(), ids=list(TRICKS))
def test_no_spelling_of_an_inner_address_is_taken_for_a_webhook(spelling: str, scheme: str) -> None:
    with pytest.raises(InvalidRequest):
        checked_url(f"{scheme}://{spelling}/hook", Policy())


@given(st.lists(st.characters(categories=["Nd", "No"]), min_size=1, max_size=4), st.integers(0, 3))
def test_a_name_never_ends_in_what_maps_to_a_number(digits: list[str], dots: int) -> None:
    spelling = "127." * dots + "".join(digits)
    try:
        taken = normalised_fqdn(f"a.{spelling}")
    except InvalidRequest:
        return
    last = taken.rpartition(".")[2]
    assert not last.isdigit()
    assert last.startswith("xn--") or not last[0].isdigit()


@pytest.mark.parametrize("spelling", ["EXAMPLE.com", "example.COM.", "ExAmPlE.cOm"])
def test_case_and_a_trailing_dot_make_no_other_name(spelling: str) -> None:
    assert normalised_fqdn(spelling) == "example.com"
