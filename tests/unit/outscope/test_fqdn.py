import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn

LABEL_63 = "a" * 63
NAME_253 = f"{LABEL_63}.{LABEL_63}.{LABEL_63}.{'a' * 57}.com"

ACCEPTED = [
    ("example.com", "example.com"),
    ("EXAMPLE.Com", "example.com"),
    ("  example.com\n", "example.com"),
    ("example.com.", "example.com"),
    ("a.b.c.d.e.example.co.uk", "a.b.c.d.e.example.co.uk"),
    ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("BÜCHER.example", "xn--bcher-kva.example"),
    ("bu\u0308cher.example", "xn--bcher-kva.example"),
    ("faß.example", "xn--fa-hia.example"),  # UTS 46 non-transitional keeps the sharp s
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
    ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
    ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff43\uff4f\uff4d", "example.com"),
    ("example\u00ad.com", "example.com"),  # a soft hyphen is ignored
    ("☕.example", "xn--53h.example"),
    ("ايكوم.إختبار", "xn--mgb0dgli.xn--kgbechtv"),
    ("r3---sn-4g5e6nsz.example.com", "r3---sn-4g5e6nsz.example.com"),
    ("3com.example", "3com.example"),
    ("1.example", "1.example"),
    ("example.x1", "example.x1"),
    ("a-b.example", "a-b.example"),
    (f"{LABEL_63}.example", f"{LABEL_63}.example"),
    (NAME_253, NAME_253),
    (f"{NAME_253}.", NAME_253),
    ("localhost.localdomain", "localhost.localdomain"),
    ("example.xn--p1ai", "example.xn--p1ai"),
    ("क्\u200dष.example", "xn--11b2ezcw70k.example"),
]

URL = "This is a URL"
ADDRESS = "This is an IP address"
PART = "which is part of a URL"
PORT = "has a port"
SINGLE = "single label"
LONG = "characters long"
EMPTY_LABEL = "empty label"
HYPHEN = "begins or ends with a hyphen"
LETTERS = "other than letters, digits and hyphens"
UNFIT = "mixes letters"
PUNYCODE = "not valid Punycode"

REFUSED = [
    ("", "The name is empty"),
    ("   ", "The name is empty"),
    (".", EMPTY_LABEL),
    ("https://example.com", URL),
    ("http://example.com/path?q=1", URL),
    ("//example.com", URL),
    ("HTTPS://EXAMPLE.COM:8443/x", URL),
    ("example.com/path", PART),
    ("example.com?x", PART),
    ("example.com#x", PART),
    ("user@example.com", PART),
    ("example.com\\x", PART),
    ("127.0.0.1", ADDRESS),
    ("10.0.0.1.", ADDRESS),
    ("2130706433", ADDRESS),
    ("0x7f000001", ADDRESS),
    ("0x7f.1", ADDRESS),
    ("127.1", ADDRESS),
    ("0177.0.0.01", ADDRESS),
    ("example.0x", ADDRESS),
    ("\uff11\uff12\uff17.\uff10.\uff10.\uff11", ADDRESS),
    ("::1", ADDRESS),
    ("[::1]", ADDRESS),
    ("[2001:db8::1]:443", ADDRESS),
    ("::ffff:127.0.0.1", ADDRESS),
    ("example.com:443", PORT),
    ("example.com:", PORT),
    ("example.com\uff1a443", PORT),
    ("localhost:8080", PORT),
    ("localhost", SINGLE),
    ("com.", SINGLE),
    (f"{'a' * 64}.example", LONG),
    (f"{'ü' * 60}.example", LONG),
    (f"{'ü' * 400}.example", LONG),
    (f"{LABEL_63}.{LABEL_63}.{LABEL_63}.{'a' * 58}.com", "254 characters long"),
    ("a." * 2000 + "com", LONG),
    ("example..com", EMPTY_LABEL),
    (".example.com", EMPTY_LABEL),
    ("example.com..", EMPTY_LABEL),
    ("-example.com", HYPHEN),
    ("example-.com", HYPHEN),
    ("example.-com", HYPHEN),
    ("*.example.com", "a pattern"),
    ("foo_bar.example.com", LETTERS),
    ("exa mple.com", LETTERS),
    ("example.com\x00", LETTERS),
    ("exam!ple.com", LETTERS),
    ("büch_er.example", LETTERS),
    ("-ü.example", HYPHEN),
    ("aü--b.example", "third and fourth"),
    ("xn--.example", PUNYCODE),
    ("xn--a.example", PUNYCODE),
    ("xn--example-.com", PUNYCODE),
    ("xn--Bcher-KVA-.example", PUNYCODE),
    ("xn--\u00fc.example", PUNYCODE),
    ("xn--bcher-kv\u0430.example", PUNYCODE),
    ("\u0301a.example", UNFIT),
    ("a\u05d0.example", UNFIT),
    ("a\u200db.example", "joiner"),
    ("a\u2028b.example", "no host name can have"),
    ("\ud800.example", "no host name can have"),
]


@pytest.mark.parametrize(("given_name", "expected"), ACCEPTED)
def test_a_name_is_normalised(given_name: str, expected: str) -> None:
    assert normalised_fqdn(given_name) == expected


@pytest.mark.parametrize(("given_name", "told"), REFUSED)
def test_what_is_no_host_name_is_refused_with_what_was_expected(given_name: str, told: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        normalised_fqdn(given_name)
    assert told in refused.value.message
    assert "expected a fully qualified host name such as example.com" in refused.value.message
    assert refused.value.field == "fqdn"
    assert refused.value.value == given_name


@given(st.text(max_size=80))
def test_any_text_is_normalised_for_good_or_refused(text: str) -> None:
    try:
        once = normalised_fqdn(text)
    except InvalidRequest:
        return
    assert normalised_fqdn(once) == once


labels = st.text(
    st.one_of(
        st.characters(codec="utf-8", categories=("Ll", "Lo", "Nd", "Mn", "So")),
        st.sampled_from("abcxn0189-ßäü"),
    ),
    min_size=1,
    max_size=20,
)


@given(st.lists(labels, min_size=2, max_size=4).map(".".join))
def test_normalising_twice_is_normalising_once(name: str) -> None:
    try:
        once = normalised_fqdn(name)
    except InvalidRequest:
        return
    assert normalised_fqdn(once) == once
    assert once.isascii()
    assert once == once.lower()
    assert len(once) <= 253
    assert all(1 <= len(label) <= 63 for label in once.split("."))


def test_the_field_at_fault_can_be_named_otherwise() -> None:
    with pytest.raises(InvalidRequest) as refused:
        normalised_fqdn("nope", field="url")
    assert refused.value.field == "url"


def test_an_endless_name_is_refused_before_any_work() -> None:
    for endless in ("a." * 2_000_000, "[" + ":" * 4_000_000, "\u00fc" * 2_000_000):
        started_s = time.perf_counter()
        with pytest.raises(InvalidRequest) as refused:
            normalised_fqdn(endless)
        assert time.perf_counter() - started_s < 0.05
        assert f"{len(endless)} characters long, over the 253 allowed" in refused.value.message
