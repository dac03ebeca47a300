"""Finds the addresses of API documentation that answers name, without following them.

A viewer's page names the document it shows; the Link header and element name descriptions by
relation (RFC 8288, RFC 8631, RFC 9727), and a catalogue lists them (RFC 9264).
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from services.prober.judge.documentation_details import MAX_ADDRESS_CHARS, absolute_address
from services.prober.judge.html import attributes
from services.prober.judge.json_members import document_in
from services.prober.judge.names import web_host_of
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

# Relation -> the type of what it leads to.
RELATIONS: Final = MappingProxyType(
    {"service-desc": "service_desc", "service-doc": "service_doc", "api-catalog": "api_catalog"}
)
LINK: Final = "documentation.link"
_MAX_LINKS: Final = 16
_MAX_HEADER_CHARS: Final = 8192
_DEMOS: Final = frozenset({"petstore.swagger.io", "petstore3.swagger.io"})
_LINK_VALUE: Final = re.compile(
    r"<([^<>]{1,1024})>((?:[ \t]*+;[ \t]*+[\w!#$&+.^`|~*-]++"
    r"(?:[ \t]*+=[ \t]*+(?:\"[^\"]*+\"|[^\s\",;]++))?+)*+)"
)
_REL: Final = re.compile(
    r";[ \t]*+rel[ \t]*+=[ \t]*+(?:\"([^\"]*+)\"|([^\s\",;]++))", re.IGNORECASE
)
_LINK_ELEMENT: Final = re.compile(r"<link\s([^<>]{1,2048})>")

# Whole addresses only: half of one does not show what in it is a credential.
# A stroke is escaped in JSON that PHP writes.
_QUOTED: Final = r"\\?[\"'`]((?:[^\"'`\s<>\\]|\\/){1,1024}+)(?![^\"'`\s<>\\])"
_VALUE: Final = r"[\"']?([^\"'\s<>]{1,1024}+)(?![^\"'\s<>])"
_URL: Final = re.compile(r"(?<![\w$])url\\?[\"']?\s{0,8}:\s{0,8}" + _QUOTED)
_CONFIG: Final = re.compile(r"(?<![\w$])configUrl\\?[\"']?\s{0,8}:\s{0,8}" + _QUOTED)
_SPEC_URL: Final = re.compile(r"\sspec-url\s{0,8}=\s{0,8}" + _VALUE, re.IGNORECASE)
_ENDPOINT: Final = re.compile(
    r"(?:(?<![\w$])(?:endpoint|endpointURL|initialEndpoint|url)\\?[\"']?\s{0,8}[:=]\s{0,8}|(?<!\w)fetch\(\s{0,8})"
    + _QUOTED
)
# Viewer -> where its page names the document, the surest first.
_NAMED: Final = MappingProxyType(
    {
        "swagger_ui": (_URL, _CONFIG),
        "redoc": (_SPEC_URL, re.compile(r"Redoc\.init\(\s{0,8}" + _QUOTED)),
        "scalar": (
            re.compile(r"\sdata-url\s{0,8}=\s{0,8}" + _VALUE, re.IGNORECASE),
            _URL,
        ),
        "stoplight_elements": (
            re.compile(r"\sapiDescriptionUrl\s{0,8}=\s{0,8}" + _VALUE, re.IGNORECASE),
        ),
        "rapidoc": (_SPEC_URL,),
        "graphiql": (_ENDPOINT,),
        "graphql_playground": (_ENDPOINT,),
        "apollo_sandbox": (_ENDPOINT,),
        "altair": (_ENDPOINT,),
    }
)
# What these ask is answered at their own address when they name no other.
GRAPHQL_VIEWERS: Final = frozenset({"graphiql", "graphql_playground", "apollo_sandbox", "altair"})
# The query of Swagger UI's own address, as Spring's redirects fill it.
_QUERY_NAMES: Final = ("url", "configUrl")


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentationLink:
    """An address that an answer says API documentation is at."""

    # service_desc, service_doc or api_catalog.
    type: str
    url: str
    evidence: Evidence


def addresses_of_viewer(viewer: str, page: Page) -> tuple[str, ...]:
    """Return where a viewer's page says that its documents or its settings are, the surest first.

    The addresses are absolute.
    """
    named = tuple(_addresses(map(html.unescape, _named_by(viewer, page)), page))
    if viewer not in GRAPHQL_VIEWERS:
        return named
    return named[:1] or (page.url.partition("?")[0],)


def addresses_in_settings(page: Page) -> tuple[str, ...]:
    """Return where the settings of Swagger UI say that its documents are; none of another page.

    Springdoc serves them as JSON: configUrl, which is their own address, and url or urls.
    """
    if not page.is_ok or page.form is not Form.JSON or '"url' not in page.lowered:
        return ()
    document = document_in(page.text)
    members = document.members if document else {}
    several = members.get("urls")
    listed = several if isinstance(several, list) else []
    named = (members.get("url"), *(_mapping(each).get("url") for each in listed))
    if "openapi" in members or "swagger" in members:  # a description, not where one is
        return ()
    return tuple(_addresses((raw for raw in named if isinstance(raw, str)), page))


def _addresses(named: Iterable[str], page: Page) -> Iterator[str]:
    for raw in islice(named, _MAX_LINKS):
        url = _web_address(raw, page.url)
        if url and web_host_of(url) not in _DEMOS:
            yield url


def _named_by(viewer: str, page: Page) -> Iterator[str]:
    if viewer == "swagger_ui":
        yield from _in_query(page.url)
    for pattern in _NAMED.get(viewer, ()):
        for number, match in enumerate(pattern.finditer(page.text)):
            if number == _MAX_LINKS:
                break
            yield match.group(1).replace(r"\/", "/")


def _in_query(url: str) -> Iterator[str]:
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=50)
    except ValueError:
        return
    for name in _QUERY_NAMES:
        yield from query.get(name, ())


def _web_address(raw: str, base: str) -> str:
    url = absolute_address(raw.strip(), base).partition("#")[0]
    return url[:MAX_ADDRESS_CHARS] if web_host_of(url) else ""


def links_in(page: Page) -> tuple[DocumentationLink, ...]:
    """Return the documentation an answer names by relation, at most 16 links."""
    found: dict[str, DocumentationLink] = {}
    for relation, raw, evidence in _relations(page):
        url = _web_address(raw, page.url)
        if url:
            link = DocumentationLink(type=RELATIONS[relation], url=url, evidence=evidence)
            found.setdefault(url, link)
        if len(found) == _MAX_LINKS:
            break
    return tuple(found.values())


def _relations(page: Page) -> Iterator[tuple[str, str, Evidence]]:
    header = page.headers.get("link", "")[:_MAX_HEADER_CHARS]
    if header and any(relation in header.lower() for relation in RELATIONS):
        for relation, raw in _in_header(header):
            field = f"{page.where}.headers.link"
            yield relation, raw, seen(LINK, field, f"{relation}: {raw}")
    if not page.is_ok:
        return
    elsewhere: tuple[tuple[str, str], ...] = ()
    if page.form is Form.HTML and any(name in page.lowered for name in RELATIONS):
        elsewhere = tuple(_in_elements(page))
    elif page.form is Form.JSON and '"linkset"' in page.lowered:
        elsewhere = tuple(_in_linkset(page.text))
    for relation, raw in elsewhere:
        shown = f"{relation}: {raw}"
        yield relation, raw, seen(LINK, f"{page.where}.body", shown)


def _in_header(header: str) -> Iterator[tuple[str, str]]:
    for match in _LINK_VALUE.finditer(header):
        relations = _REL.search(match.group(2))
        if relations:
            yield from _each(relations.group(1) or relations.group(2) or "", match.group(1))


def _each(relations: str, raw: str) -> Iterator[tuple[str, str]]:
    for relation in relations.lower().split():
        if relation in RELATIONS:
            yield relation, raw


def _in_elements(page: Page) -> Iterator[tuple[str, str]]:
    # Addresses keep their case where lowering left every place as it was.
    source = page.text if len(page.text) == len(page.lowered) else page.lowered
    for match in _LINK_ELEMENT.finditer(page.lowered):
        known = attributes(match.group(1))
        lowered = known.get("href", "")
        start = page.lowered.find(lowered, match.start()) if lowered else -1
        if start >= 0:
            raw = html.unescape(source[start : start + len(lowered)])
            yield from _each(known.get("rel", ""), raw)


def _in_linkset(text: str) -> Iterator[tuple[str, str]]:
    document = document_in(text)
    linkset = document.members.get("linkset") if document else None
    for context in linkset if isinstance(linkset, list) else ():
        for relation in RELATIONS:
            targets = context.get(relation) if isinstance(context, dict) else None
            for target in targets if isinstance(targets, list) else ():
                href = _mapping(target).get("href")
                if isinstance(href, str):
                    yield relation, href


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
