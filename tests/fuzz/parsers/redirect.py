"""Where a redirect leads: nowhere, or to an absolute address of the web that can be requested."""

from urllib.parse import urljoin, urlsplit

from services.prober.judge.names import endpoint_of
from services.prober.judge.redirects import destination_of, redirect_of
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.location import Hop, UnusableLocation, hop_to, literal_in
from tests.fuzz.drawing import Drawing
from tests.fuzz.target import Target
from tests.unit.prober.judge.shapes import answer, host, ready

_BASES = ("https://shop.example.com", "http://shop.example.com:8080")
_MAX_PORT = 65535
_PORTS = {"http": 80, "https": 443}


def check(noise: bytes) -> None:
    """Take noise as the Location of a redirect, and as the target of a page that is one."""
    drawing = Drawing(noise)
    base = drawing.one_of(_BASES)
    path = drawing.one_of(("/", "/a/b?c=d"))
    location = drawing.latin(2000)
    _follow(location, base, path)
    for facts in (
        answer(302, path=path, kind=None, headers={"location": location}, base=base),
        answer(200, f'<script>location.href = "{location}"</script>', path=path, base=base),
        answer(200, f'<meta http-equiv=refresh content="0;url={location}">', base=base),
    ):
        page = ready(facts)
        redirect = redirect_of(page)
        if redirect is None:
            continue
        assert redirect.target.scheme in {"http", "https"}
        assert redirect.host == redirect.host.lower() != ""
        assert urljoin(page.url, redirect.url) == redirect.url
        name, port = endpoint_of(redirect.url)
        assert name == redirect.host
        assert 0 <= port <= _MAX_PORT
        destination = destination_of(redirect, page, host(facts))
        assert destination.rule
        assert len(redirect.evidence.value) <= 256


def _follow(location: str, base: str, path: str) -> None:
    """Resolve a Location to a request, which must be one, and of itself lead to itself."""
    parts = urlsplit(base)
    endpoint = Endpoint(
        scheme=parts.scheme, fqdn=parts.hostname or "", port=parts.port or _PORTS[parts.scheme]
    )
    before = Hop(endpoint=endpoint, path=path)
    try:
        hop = hop_to(location, before)
    except UnusableLocation:
        return
    if hop is None:
        return
    request = Exchange(hop.endpoint, hop.path).request("OutScope/test")
    assert request.count(b"\r\n") == 7
    assert request.split(b"\r\n")[0].count(b" ") == 2
    assert b"@" not in request.split(b"\r\n")[1]
    assert hop_to(hop.url, before) == hop
    literal_in(hop.endpoint.fqdn)


def _seed(location: bytes) -> bytes:
    return b"\0\1" + len(location).to_bytes(2) + location


TARGET = Target(
    check=check,
    seeds=tuple(
        map(
            _seed,
            (
                b"/login?next=/",
                b"https://login.microsoftonline.com/t/oauth2/v2.0/authorize?client_id=a",
                b"//www.example.com:8443/x#y",
                b"https://user:pass@[2001:db8::1]:443/",
                b"http://shop.example.com:99999/",
                b"javascript:alert(1)",
                b" https:///nowhere ",
                b"\\\\evil.example\\@a%2e%2e/%2e%2e/./x",
                b"http://0x7f.1:080/a/../..//b?c#d",
                "https://b\u00fccher.example/\u00e4".encode(),
                b"?q=1",
            ),
        )
    ),
)
