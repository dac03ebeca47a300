"""Which path is worth the next request when a host is looked through: pure, facts in, path out.

Law: as few as say something. Where answers lead comes before guesses, standards before habits; what
was asked is not asked again; nobody is asked on who limits, challenges or denies us as such; and
when a description was found, no other is looked for.
Sources of the guesses: RFC 9727, OpenID Connect Discovery 1.0, RFC 8414, RFC 9728; the defaults of
FastAPI, springdoc, ASP.NET, NestJS, Express, Flask-RESTX, Django REST framework, Litestar, Swagger
UI, ReDoc; for SOAP the habit of all that have it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from types import MappingProxyType
from typing import Final, Self

from services.prober.facts import Discovery, PathFacts
from services.prober.observe.exchange import Endpoint
from services.prober.observe.leads import Lead, Topic, leads_in, path_on

# Beside the control request.
MOST: Final = MappingProxyType({Discovery.OFF: 0, Discovery.STANDARD: 8, Discovery.DEEP: 24})

_DOCUMENTS: Final = (
    *("/.well-known/api-catalog", "/openapi.json", "/v3/api-docs", "/swagger.json"),
    *("/swagger/v1/swagger.json", "/docs", "/api-docs"),
)
_LOGINS: Final = ("/.well-known/openid-configuration",)
# Where something has asked for a token already.
_LOGINS_OF_APIS: Final = (
    *("/.well-known/oauth-protected-resource", "/.well-known/oauth-authorization-server"),
)
# By the habits of frameworks, the commonest first.
_DEEPER: Final = (
    *("/api/openapi.json", "/api/schema/", "/api/docs", "/swagger-ui/index.html", "/v2/api-docs"),
    *("/swagger/index.html", "/openapi.yaml", "/api/swagger.json", "/docs-json", "/api-json"),
    *("/redoc", "/graphql", "/api/v1/openapi.json", "/?wsdl", "/application.wadl"),
    "/asyncapi.json",
)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_DENIALS: Final = frozenset({401, 403, 407})
_UNAUTHORIZED: Final = 401
_METHOD_NOT_ALLOWED: Final = 405
_ALLOW: Final = "allow"
_BEARER: Final = "bearer"
_DPOP: Final = "dpop"
_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_SUCCESS: Final = range(200, 300)
_SERVER_ERRORS: Final = range(500, 600)
# Sent with challenges and blocks, and with nothing else; signals 1.2.
_WALL_HEADERS: Final = frozenset({"cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated"})
# How many guesses may in a row bring what a random path brings, before no more are made: by
# whether that is a redirect. Beside an application's shell a description may well be served.
_FRUITLESS_REDIRECTS: Final = 2
_FRUITLESS_PAGES: Final = 5

_SNIFF_BYTES: Final = 4096
_IN_JSON: Final = re.compile(rb'"(?:openapi|swagger|asyncapi)"\s{0,8}:\s{0,8}"[1-9]\.')
# In the script that swagger-ui-express and NestJS start Swagger UI by, and in pages of others.
_IN_SCRIPT: Final = re.compile(rb"""["']?(?:swaggerDoc|spec)["']?\s{0,8}:\s{0,8}\{""")
# The answer to an introspection of GraphQL.
_IN_GRAPHQL: Final = re.compile(rb'"__schema"\s{0,8}:\s{0,8}\{')
_IN_YAML: Final = re.compile(
    rb"""^(?:openapi|swagger|asyncapi)\s{0,8}:\s{0,8}["']?[1-9]\.""", re.MULTILINE
)
_IN_XML: Final = re.compile(
    rb"<(?:\w{1,20}:)?(?:definitions|description|application)\s[^<>]{0,500}w[as]dl"
)
_METADATA: Final = (b'"issuer"', b'"authorization_servers"')
# The errors that Spring and Litestar make, and where those describe an API.
_OF_ERRORS: Final = (
    ((b'"timestamp"', b'"status"', b'"error"', b'"path"'), "/v3/api-docs"),
    ((b'{"status_code":', b'"detail":'), "/schema/openapi.json"),
)
_ENVELOPES: Final = (
    b"http://schemas.xmlsoap.org/soap/envelope/",
    b"http://www.w3.org/2003/05/soap-envelope",
)
# What a server says of itself, and where its framework describes an API.
_FAVOURED: Final = (
    ("server", "kestrel", "/swagger/v1/swagger.json"),
    ("x-powered-by", "asp.net", "/swagger/v1/swagger.json"),
    ("x-powered-by", "express", "/api-docs"),
    ("server", "apache-coyote", "/v3/api-docs"),
    ("set-cookie", "jsessionid", "/v3/api-docs"),
    # Django REST framework tells with every answer what is allowed; drf-spectacular describes it.
    (_ALLOW, "get", "/api/schema/"),
)
_WORDS: Final = re.compile(r"docs?(?![a-z])|swagger|openapi|redoc|schema|graphi?ql", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What an endpoint has answered so far."""

    endpoint: Endpoint
    paths: tuple[PathFacts, ...]
    control: PathFacts
    discovered: tuple[PathFacts, ...] = ()
    # Where all of these lead, read once of each.
    leads: tuple[Lead, ...] = ()

    @classmethod
    def of(cls, endpoint: Endpoint, paths: tuple[PathFacts, ...], control: PathFacts) -> Self:
        """Return what is known once the random path was asked."""
        known = cls(endpoint=endpoint, paths=paths, control=control)
        found = [lead for each in known.answers for lead in _leads_in(each, known)]
        found += [lead for each in known.asked_for for lead in _led_to(each, known)]
        return replace(known, leads=tuple(found))

    def with_answer(self, answer: PathFacts) -> "Known":
        """Return what is known with one more answer."""
        found = (*_leads_in(answer, self), *_led_to(answer, self))
        return replace(self, discovered=(*self.discovered, answer), leads=(*self.leads, *found))

    @property
    def asked_for(self) -> tuple[PathFacts, ...]:
        """Return the answers to the paths of the check, with those redirects led to."""
        return tuple(
            each
            for path in self.paths
            for each in (path, *(redirect.answer for redirect in path.redirects))
            if each.url == self.endpoint.url(each.path)
        )

    @property
    def answers(self) -> tuple[PathFacts, ...]:
        """Return every answer of the endpoint."""
        return (*self.asked_for, self.control, *self.discovered)


def wants_control(paths: tuple[PathFacts, ...]) -> bool:
    """Tell whether a random path is worth a request after these answers."""
    return any(path.status is not None for path in paths) and not any(map(_is_enough, paths))


def next_path(known: Known, discovery: Discovery) -> str | None:
    """Return the path to ask next, or None when there is nothing left that is worth a request."""
    if len(known.discovered) >= MOST[discovery]:
        return None
    last = known.discovered[-1] if known.discovered else known.control
    if last.status is None or any(map(_is_enough, known.answers)):
        return None
    asked = {answer.path for answer in known.answers}
    wanted = [topic for topic in Topic if not _is_found(topic, known)]
    for candidate in chain(known.leads, _guesses(known, discovery)):
        if candidate.topic in wanted and candidate.path not in asked:
            return candidate.path
    return None


def _is_enough(answer: PathFacts) -> bool:
    """Tell an answer that asks for no more requests: a rate limit, a challenge, a block."""
    if answer.status == _UNAVAILABLE:
        return answer.header("retry-after") is not None
    return answer.status == _TOO_MANY or any(name in _WALL_HEADERS for name, _ in answer.headers)


def _is_found(topic: Topic, known: Known) -> bool:
    proves = _is_description if topic is Topic.DOCUMENTS else _is_metadata
    return any(
        answer.status in _SUCCESS and not is_same(answer, known.control) and proves(answer.body)
        for answer in known.answers
    )


def _is_description(body: bytes) -> bool:
    start = body[:_SNIFF_BYTES].lstrip()
    if start[:1] == b"{":
        return any(pattern.search(start) for pattern in (_IN_JSON, _IN_GRAPHQL))
    if embedded := _IN_SCRIPT.search(start):
        inner = body[embedded.end() : embedded.end() + _SNIFF_BYTES]
        return _IN_JSON.search(inner) is not None
    return _IN_YAML.search(start) is not None or _IN_XML.search(start) is not None


def _is_metadata(body: bytes) -> bool:
    start = body[:_SNIFF_BYTES].lstrip()
    return start[:1] == b"{" and any(name in start for name in _METADATA)


def is_same(answer: PathFacts, control: PathFacts) -> bool:
    """Tell an answer that brings what a random path brings, byte for byte or by its redirect."""
    if answer.status != control.status or answer is control:
        return answer is control
    if answer.status in _REDIRECTS:
        return _destination(answer) == _destination(control)
    return answer.body_sha256 == control.body_sha256


def _destination(answer: PathFacts) -> tuple[str, list[str]]:
    """Return where a redirect leads, but for its path, and without the values in its query."""
    address, _, query = answer.location.partition("#")[0].partition("?")
    if len(answer.path) > 1:
        address = address.replace(answer.path, "*")
    return address, [part.partition("=")[0] for part in query.split("&")]


def _leads_in(answer: PathFacts, known: Known) -> Iterator[Lead]:
    # The front page is what others are answered with.
    is_own = answer.path.partition("?")[0] == "/" or not is_same(answer, known.control)
    if is_own or answer is known.control:
        yield from leads_in(answer, known.endpoint)


def _led_to(answer: PathFacts, known: Known) -> Iterator[Lead]:
    """Yield where a redirect leads that nobody followed, when it is to documentation."""
    if answer.status in _REDIRECTS and not is_same(answer, known.control):
        path = path_on(known.endpoint, answer.location, answer.path)
        if path is not None and _WORDS.search(path.partition("?")[0]):
            yield Lead(topic=Topic.DOCUMENTS, path=path)


def _guesses(known: Known, discovery: Discovery) -> Iterator[Lead]:
    if known.control.status in _SERVER_ERRORS:
        return
    if any(map(_asks_for_tokens, known.answers)):
        yield from _of(Topic.LOGINS, _LOGINS_OF_APIS)
        yield from _of(Topic.LOGINS, _LOGINS)
    if _is_denied(known) or _is_fruitless(known, discovery):
        return
    favoured = _favoured(known)
    first, *others = _DOCUMENTS
    second, *others = (*favoured, *(path for path in others if path not in favoured))
    yield from _of(Topic.DOCUMENTS, (first, second))
    yield from _of(Topic.LOGINS, _LOGINS)
    yield from _of(Topic.DOCUMENTS, others)
    if discovery is Discovery.DEEP:
        yield from _of(Topic.LOGINS, _LOGINS_OF_APIS)
        yield from _of(Topic.DOCUMENTS, _DEEPER)


def _of(topic: Topic, paths: Iterable[str]) -> Iterator[Lead]:
    return (Lead(topic=topic, path=path) for path in paths)


def _asks_for_tokens(answer: PathFacts) -> bool:
    """Tell a 401 that names no scheme or one of OAuth from one that wants a password."""
    asked = (answer.header("www-authenticate") or _BEARER).lower()
    return answer.status == _UNAUTHORIZED and any(scheme in asked for scheme in (_BEARER, _DPOP))


def _favoured(known: Known) -> tuple[str, ...]:
    """Return where those describe an API that the answers show to be there."""
    by_headers = (
        path
        for name, text, path in _FAVOURED
        for answer in known.answers
        if _says(answer, name, text)
    )
    starts = [(answer.path, answer.body[:_SNIFF_BYTES]) for answer in known.answers]
    by_errors = (
        path
        for words, path in _OF_ERRORS
        if any(all(word in start for word in words) for _, start in starts)
    )
    by_faults = (
        f"{path.partition('?')[0]}?wsdl"
        for path, start in starts
        if path != known.control.path and any(envelope in start for envelope in _ENVELOPES)
    )
    return tuple(dict.fromkeys((*by_faults, *by_headers, *by_errors)))


def _says(answer: PathFacts, name: str, text: str) -> bool:
    """Tell a header that begins so; with a 405 everybody has to say what is allowed."""
    if name == _ALLOW and answer.status == _METHOD_NOT_ALLOWED:
        return False
    return any(key == name and value.lower().startswith(text) for key, value in answer.headers)


def _is_denied(known: Known) -> bool:
    """Tell whether everything is denied alike, whatever its path."""
    status = known.control.status
    return status in _DENIALS and all(path.status in {None, status} for path in known.paths)


def _is_fruitless(known: Known, discovery: Discovery) -> bool:
    """Tell whether the last guesses all brought what a random path brings."""
    if known.control.status in _REDIRECTS:
        most = _FRUITLESS_REDIRECTS
    elif known.control.status in _SUCCESS and discovery is Discovery.STANDARD:
        most = _FRUITLESS_PAGES
    else:
        return False
    return len(known.discovered) >= most and all(
        is_same(answer, known.control) for answer in known.discovered
    )
