"""A Location is resolved as browsers do, to what can stand in a request as it is."""

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.prober.facts import OutcomeCode
from services.prober.observe.exchange import Endpoint
from services.prober.observe.location import Hop, UnusableLocation, hop_to, literal_in

BASE = Hop(
    endpoint=Endpoint(scheme="https", fqdn="shop.example.com", port=443), path="/a/b/c;d?q=1"
)
HOME = "https://shop.example.com"

# RFC 3986, section 5.4, on this base; what is said there of ";" and "?" and dots, and no more.
RELATIVE = {
    "g": f"{HOME}/a/b/g",
    "./g": f"{HOME}/a/b/g",
    "g/": f"{HOME}/a/b/g/",
    "/g": f"{HOME}/g",
    "?y": f"{HOME}/a/b/c;d?y",
    "g?y": f"{HOME}/a/b/g?y",
    "#s": f"{HOME}/a/b/c;d?q=1",
    "g#s": f"{HOME}/a/b/g",
    ";x": f"{HOME}/a/b/;x",
    "": f"{HOME}/a/b/c;d?q=1",
    ".": f"{HOME}/a/b/",
    "./": f"{HOME}/a/b/",
    "..": f"{HOME}/a/",
    "../g": f"{HOME}/a/g",
    "../..": f"{HOME}/",
    "../../../../g": f"{HOME}/g",
    "/./g": f"{HOME}/g",
    "/../g": f"{HOME}/g",
    "g.": f"{HOME}/a/b/g.",
    "..g": f"{HOME}/a/b/..g",
    "./g/.": f"{HOME}/a/b/g/",
    "g;x=1/../y": f"{HOME}/a/b/y",
    "g?y/../x": f"{HOME}/a/b/g?y/../x",
    "//g.example": "https://g.example/",
    "https:g": f"{HOME}/a/b/g",
}
# Where browsers differ from it, or it says nothing.
AS_BROWSERS = {
    "\\\\g.example\\x": "https://g.example/x",
    "/\\g.example/x": "https://g.example/x",
    "///g.example": "https://g.example/",
    "http:g.example/x": "http://g.example/x",
    "/%2e%2E/x": f"{HOME}/x",
    "  /x ": f"{HOME}/x",
    "HTTP://G.Example:80/": "http://g.example/",
    "https://g.example:443/": "https://g.example/",
    "https://g.example:/": "https://g.example/",
    "http://g.example:443": "http://g.example:443/",
    "https://g.example.?a": "https://g.example/?a",
    "https://u:p@g.example/": "https://g.example/",
    "https://u@evil.example@g.example/": "https://g.example/",
    "https://g.example\\@evil.example/": "https://g.example/@evil.example/",
    "https://g%2eexample/": "https://g.example/",
    "https://b\xc3\xbccher.example/\xc3\xa4?\xc3\xb6": (
        "https://xn--bcher-kva.example/%C3%A4?%C3%B6"
    ),
    "https://a_b.g.example/": "https://a_b.g.example/",
    "https://192.0.2.1/": "https://192.0.2.1/",
    "https://0xC0.2.1/": "https://192.2.0.1/",
    "https://0300.0.2.1/": "https://192.0.2.1/",
    "https://3221225985": "https://192.0.2.1/",
    "https://[2001:DB8::1]:8443/x": "https://[2001:db8::1]:8443/x",
    '/a b"<>|': f"{HOME}/a%20b%22%3C%3E%7C",
    "/a%zz": f"{HOME}/a%zz",
}


@pytest.mark.parametrize("location", [*RELATIVE, *AS_BROWSERS])
def test_where_a_location_leads(location: str) -> None:
    hop = hop_to(location, BASE)
    assert hop is not None
    assert hop.url == {**RELATIVE, **AS_BROWSERS}[location]


@pytest.mark.parametrize(
    "location", ["mailto:a@b", "javascript:alert(1)", "app://x", "data:,", "ftp://g.example/"]
)
def test_other_schemes_lead_to_no_request(location: str) -> None:
    assert hop_to(location, BASE) is None


@pytest.mark.parametrize(
    "location",
    [
        "/a\tb",
        "/a\x00",
        "/a\x7f",
        "https://",
        "https:///",
        "https://g.example:x/",
        "https://g.example:-1/",
        "https://g.example:65536/",
        "https://g.example:99999999999999999999/",
        "https://g..example/",
        "https://g example/",
        "https://localhost/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[g]/",
        "https://256.0.0.1/",
        "https://1.2.3.4.5/",
        "https://192.0.2.09/",
        "https://4294967296/",
        "https://%ff.example/",
        "https://" + "a." * 200 + "example/",
    ],
)
def test_what_is_no_address_says_so(location: str) -> None:
    with pytest.raises(UnusableLocation) as raised:
        hop_to(location, BASE)
    assert raised.value.code is OutcomeCode.HTTP_MALFORMED


@pytest.mark.parametrize(
    "location", ["/" + "x" * 8192, "/" + " " * 8000 + "x", "?" + "\xff" * 3000]
)
def test_what_no_server_takes_is_too_large(location: str) -> None:
    with pytest.raises(UnusableLocation) as raised:
        hop_to(location, BASE)
    assert raised.value.code is OutcomeCode.HTTP_TOO_LARGE


def test_an_address_is_told_from_a_name() -> None:
    assert str(literal_in("192.0.2.1")) == "192.0.2.1"
    assert str(literal_in("[2001:db8::1]")) == "2001:db8::1"
    assert literal_in("1.example.com") is None


LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
PIECES = st.sampled_from(
    [
        "http:",
        "https:",
        "//",
        "/",
        "\\",
        "..",
        ".",
        "%2e",
        "@",
        ":",
        "[",
        "]",
        "?",
        "#",
        "::1",
        "0x",
        "7",
    ]
)


@given(st.one_of(LATIN, st.lists(st.one_of(PIECES, LATIN), max_size=8).map("".join)))
@settings(max_examples=400, deadline=None)
def test_whatever_comes_out_can_be_sent_and_comes_out_of_itself_again(location: str) -> None:
    try:
        hop = hop_to(location, BASE)
    except UnusableLocation:
        return
    if hop is None:
        return
    assert hop.path.startswith("/")
    assert re.fullmatch(r"[!-~]+", hop.path)
    assert "#" not in hop.path
    assert re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", hop.endpoint.fqdn)
    assert "@" not in hop.endpoint.authority
    assert 0 <= hop.endpoint.port <= 65535
    parts = urlsplit(hop.url)
    assert (parts.scheme, parts.netloc) == (hop.endpoint.scheme, hop.endpoint.authority)
    assert hop_to(hop.url, BASE) == hop
