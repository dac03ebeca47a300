"""Where an answer says that an API is described or a login announced: pure.

Law: only places on the endpoint that was asked; what is elsewhere is another's to be asked about.
Sources: RFC 8288 (Link), RFC 8631 (service-desc, service-doc), RFC 9727 and RFC 9264 (api-catalog),
RFC 9728 section 5.1 (resource_metadata).
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from services.prober.facts import PathFacts
from services.prober.observe.exchange import DEFAULT_PORTS, Endpoint
from services.prober.observe.location import Hop, UnusableLocation, hop_to
from services.prober.observe.viewers import references_in

# As much as a path may have that is asked for.
_PATH_CHARS: Final = 2048
_LINKS_READ: Final = 300
# Of one answer.
_LEADS: Final = 4
_SUCCESS: Final = range(200, 300)
_DOCUMENT_RELATIONS: Final = ("service-desc", "service-doc", "api-catalog")
_LINK: Final = re.compile(r"<([^<>]{1,2048})>([^<]{0,512})")
_RELATION: Final = re.compile(
    r"""(?<![\w*-])rel\s{0,4}=\s{0,4}["']?([^"';,>]{1,200})""", re.IGNORECASE
)
_RESOURCE_METADATA: Final = re.compile(r'resource_metadata\s{0,4}=\s{0,4}"([^"]{1,2048})"')
_LINK_ELEMENT: Final = re.compile(r"<link\s([^<>]{1,500})>", re.IGNORECASE)
_HREF: Final = re.compile(
    r"""(?<![\w-])href\s{0,4}=\s{0,4}["']?([^"'\s<>]{1,300})""", re.IGNORECASE
)
_DOCUMENT_WORDS: Final = ("swagger", "openapi", "api-docs", "apidocs", "redoc")
_ASSETS: Final = (".css", ".js", ".png", ".ico", ".svg", ".jpg", ".woff2", ".map")


class Topic(StrEnum):
    """What is looked for."""

    DOCUMENTS = "documents"
    LOGINS = "logins"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """A path that is worth a request."""

    topic: Topic
    # Percent-encoded, with the query.
    path: str


def leads_in(answer: PathFacts, endpoint: Endpoint, runs_in: str = "") -> Iterator[Lead]:
    """Yield where one answer of an endpoint leads, the plainest word first.

    A script's addresses are those of the page that it runs in, whose path runs_in is.
    """
    for reference in _in_link_headers(answer):
        yield from _lead(Topic.DOCUMENTS, reference, answer.path, endpoint)
    for reference in _in_challenges(answer):
        yield from _lead(Topic.LOGINS, reference, answer.path, endpoint)
    if answer.status in _SUCCESS and answer.body:
        found = {
            lead: None
            for reference in islice(_in_body(answer, runs_in or answer.path), _LINKS_READ)
            for lead in _lead(Topic.DOCUMENTS, reference, runs_in or answer.path, endpoint)
        }
        yield from islice(found, _LEADS)


def path_on(endpoint: Endpoint, reference: str, base: str) -> str | None:
    """Return the path that a reference in the answer to another leads to; None when elsewhere."""
    try:
        hop = hop_to(reference, Hop(endpoint=endpoint, path=base))
    except UnusableLocation:
        return None
    if hop is None or len(hop.path) > _PATH_CHARS or not _is_on(endpoint, hop.endpoint):
        return None
    return hop.path


def _is_on(endpoint: Endpoint, other: Endpoint) -> bool:
    """Tell the same place; what does not know of its own TLS calls itself http."""
    if other == endpoint:
        return True
    are_usual = all(each.port == DEFAULT_PORTS[each.scheme] for each in (endpoint, other))
    return are_usual and other.fqdn == endpoint.fqdn


def _lead(topic: Topic, reference: str, base: str, endpoint: Endpoint) -> Iterator[Lead]:
    path = path_on(endpoint, reference, base)
    if path is not None:
        yield Lead(topic=topic, path=path)


def _in_link_headers(answer: PathFacts) -> Iterator[str]:
    for name, value in answer.headers:
        if name == "link":
            for match in islice(_LINK.finditer(value), _LINKS_READ):
                relation = _RELATION.search(match[2])
                if relation and _names_documents(relation[1]):
                    yield match[1]


def _names_documents(relations: str) -> bool:
    return any(each in _DOCUMENT_RELATIONS for each in relations.lower().split())


def _in_challenges(answer: PathFacts) -> Iterator[str]:
    for name, value in answer.headers:
        if name == "www-authenticate" and (match := _RESOURCE_METADATA.search(value)):
            yield match[1]


def _in_body(answer: PathFacts, page: str) -> Iterator[str]:
    text = answer.body.decode("latin-1")  # as a Location is read
    lowered = text.lower()
    if text.lstrip()[:1] == "{":
        yield from _in_json(answer.body, lowered)
        return
    yield from references_in(text, page)
    for match in islice(_LINK_ELEMENT.finditer(text), _LINKS_READ):
        relation, href = _RELATION.search(match[1]), _HREF.search(match[1])
        if relation and href and _names_documents(relation[1]):
            yield _unescaped(href[1])
    if any(word in lowered for word in _DOCUMENT_WORDS):
        yield from filter(_is_of_documents, _hrefs_in(text))


def _hrefs_in(text: str) -> Iterator[str]:
    return (_unescaped(match[1]) for match in islice(_HREF.finditer(text), _LINKS_READ))


def _is_of_documents(reference: str) -> bool:
    path = reference.lower().partition("#")[0].partition("?")[0]
    return any(word in path for word in _DOCUMENT_WORDS) and not path.endswith(_ASSETS)


def _unescaped(text: str) -> str:
    return text.replace("&amp;", "&")


def _in_json(body: bytes, lowered: str) -> Iterator[str]:
    """Yield the links of a linkset, and the addresses in the configuration of Swagger UI."""
    if '"linkset"' not in lowered and "swagger" not in lowered and '"configurl"' not in lowered:
        return
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return
    for reference in _links_of(document):
        if isinstance(reference, str):
            yield reference.encode("utf-8", "replace").decode("latin-1")


def _links_of(document: dict[str, Any]) -> Iterator[object]:
    contexts = document.get("linkset")
    for context in contexts if isinstance(contexts, list) else ():
        for relation in _DOCUMENT_RELATIONS:
            targets = context.get(relation) if isinstance(context, dict) else None
            for target in targets if isinstance(targets, list) else ():
                yield target.get("href") if isinstance(target, dict) else None
    if "openapi" in document or "swagger" in document:  # a description, not where one is
        return
    yield document.get("url")
    several = document.get("urls")
    for each in several if isinstance(several, list) else ():
        yield each.get("url") if isinstance(each, dict) else None
