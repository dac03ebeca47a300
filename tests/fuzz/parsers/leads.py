"""Where answers lead that describe an API: to few paths, each of which can be requested."""

from services.prober.facts import Discovery
from services.prober.observe.candidates import MOST, Known, next_path
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.leads import leads_in
from tests.fuzz.drawing import Drawing
from tests.fuzz.target import Target
from tests.unit.prober.judge.shapes import answer

_HERE = Endpoint(scheme="https", fqdn="shop.example.com", port=443)
_KINDS = ("text/html", "application/json", "text/javascript", None)
_STATUSES = (200, 401, 404, 302)
_MISSING = answer(404, "gone", path="/k3v9x0q2m7t5w8r1b6zd")


def check(noise: bytes) -> None:
    """Take noise as the headers and the body of an answer."""
    drawing = Drawing(noise)
    facts = answer(
        drawing.one_of(_STATUSES),
        drawing.raw(3000),
        path=drawing.one_of(("/", "/a/b?c=d")),
        kind=drawing.one_of(_KINDS),
        headers={
            "link": drawing.latin(500),
            "www-authenticate": drawing.latin(200),
            "location": drawing.latin(200),
        },
    )
    for lead in leads_in(facts, _HERE):
        request = Exchange(_HERE, lead.path).request("OutScope/test")
        assert request.count(b"\r\n") == 7
        assert request.split(b"\r\n")[0].count(b" ") == 2
    _walk(Known.of(_HERE, (facts,), _MISSING))


def _walk(known: Known) -> None:
    """Ask on as long as there is something to ask, every path answering alike."""
    while (path := next_path(known, Discovery.STANDARD)) is not None:
        assert path not in {each.path for each in known.answers}
        known = known.with_answer(answer(404, "gone", path=path))
    assert len(known.discovered) <= MOST[Discovery.STANDARD]


def _seed(body: bytes, link: bytes = b"") -> bytes:
    return b"\0" + len(body).to_bytes(2) + body + b"\0\0" + len(link).to_bytes(2) + link


TARGET = Target(
    check=check,
    seeds=(
        _seed(b"<div id=swagger-ui><script>SwaggerUIBundle({url: '/openapi.json'})"),
        _seed(b"<b id=swagger-ui><script src='./swagger-ui-init.js'></script>"),
        _seed(b'var options = {"swaggerDoc": {"openapi": "3.0.0"}}'),
        _seed(b"<redoc spec-url='a/../b?c#d'></redoc>", b'</x>; rel="service-desc"'),
        _seed(b'{"linkset": [{"service-desc": [{"href": "/\\u00e9"}]}]}'),
        _seed(b'{"configUrl": "/c", "urls": [{"url": "/a"}]}'),
        _seed(b"<link rel=service-desc href=//shop.example.com/d><a href=/swagger/>"),
    ),
    max_bytes=6000,
)
