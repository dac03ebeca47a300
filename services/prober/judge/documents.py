"""Lists the API documentation of a host: each document once, whatever shows or names it.

Law: what was seen comes first. What is only named is told as such and proves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from services.prober.judge.documentation import EMBEDDED, Documentation, described_in
from services.prober.judge.documentation_links import (
    GRAPHQL_VIEWERS,
    LINK,
    document_of_viewer,
    links_in,
)
from services.prober.judge.documentation_ui import VIEWER_NAMES, embedded_document_in
from services.prober.judge.json_members import document_in
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import ApiDocument, Evidence, seen

_MAX_DOCUMENTS: Final = 12
_MAX_EVIDENCE: Final = 4
_BAD_REQUEST: Final = 400
_MAX_ANSWER_CHARS: Final = 4096
# What servers say of a GET without a query: graphql-http and its kin; Apollo; Absinthe; Yoga.
_ASKS_FOR_QUERY: Final = (
    *("must provide query string", "must contain a non-empty `query`", "missing query"),
    *("no query document supplied", 'must provide either "query"'),
)


def documents_of(
    pages: tuple[Page, ...], documents: Mapping[str, Documentation]
) -> tuple[ApiDocument, ...]:
    """Return the documentation on these pages; documents are by the field of their page."""
    found: dict[str, ApiDocument] = {}
    for made in (*_seen(pages, documents), *_in_viewers(pages, documents)):
        _add(found, made)
    asked = {_key(url) for page in pages for url in page.urls}
    for made in _linked(pages):
        # An address that was asked and had no document has none.
        if _key(made.url) in found or _key(made.url) not in asked:
            _add(found, made)
    for made in _spoken(pages):
        _add(found, made)
    located = {made.ui for made in found.values() if made.url or made.version}
    listed = [made for made in found.values() if made.url or made.version or made.ui not in located]
    return tuple(listed[:_MAX_DOCUMENTS])


def is_only_linked(document: ApiDocument) -> bool:
    """Tell whether nothing of a document was seen but a link to it."""
    return all(item.rule == LINK for item in document.evidence)


def is_described(document: ApiDocument) -> bool:
    """Tell whether a document was seen itself, and not only named or shown."""
    return any(item.rule == f"documentation.{document.type}" for item in document.evidence)


def _key(url: str) -> str:
    return url.partition("#")[0]


def _add(found: dict[str, ApiDocument], made: ApiDocument) -> None:
    """Add a document, or what else shows one that is there."""
    key = _key(made.url) or made.evidence[0].field
    known = found.get(key)
    if known is None:
        found[key] = made
        return
    evidence = (*known.evidence, *(item for item in made.evidence if item not in known.evidence))
    ui = known.ui or made.ui
    found[key] = replace(known, ui=ui, evidence=evidence[:_MAX_EVIDENCE])


def _seen(pages: tuple[Page, ...], documents: Mapping[str, Documentation]) -> Iterator[ApiDocument]:
    for page in pages:
        shown = documents.get(page.where)
        if shown is None or shown.type in VIEWER_NAMES:
            continue
        if shown.ui:  # in a script, where nobody can import it from
            yield replace(_document(shown, ""), ui=VIEWER_NAMES[shown.ui])
        else:
            yield _document(shown, page.url)


def _document(shown: Documentation, url: str) -> ApiDocument:
    return ApiDocument(
        type=shown.type,
        version=shown.version,
        title=shown.title,
        url=url,
        operations=shown.details.operations,
        security_schemes=shown.details.security_schemes,
        servers=shown.details.servers,
        complete=shown.is_whole,
        evidence=shown.evidence,
    )


def _in_viewers(
    pages: tuple[Page, ...], documents: Mapping[str, Documentation]
) -> Iterator[ApiDocument]:
    for page in pages:
        viewer = documents.get(page.where)
        if viewer is None or viewer.type not in VIEWER_NAMES:
            continue
        document = embedded_document_in(viewer.type, page)
        embedded = None if document is None else described_in(document, page)
        name = VIEWER_NAMES[viewer.type]
        if embedded is not None and embedded.type in EMBEDDED:
            evidence = (*viewer.evidence, *embedded.evidence)
            yield replace(_document(embedded, ""), ui=name, evidence=evidence)
            continue
        yield ApiDocument(
            type="graphql" if viewer.type in GRAPHQL_VIEWERS else "openapi",
            title=viewer.title,
            url=document_of_viewer(viewer.type, page),
            ui=name,
            evidence=viewer.evidence,
        )


def _linked(pages: tuple[Page, ...]) -> Iterator[ApiDocument]:
    for page in pages:
        for link in links_in(page):
            yield ApiDocument(type=link.type, url=link.url, evidence=(link.evidence,))


def _spoken(pages: tuple[Page, ...]) -> Iterator[ApiDocument]:
    for page in pages:
        evidence = _graphql_answer(page)
        if evidence is not None:
            yield ApiDocument(type="graphql", url=page.url.partition("?")[0], evidence=(evidence,))


def _graphql_answer(page: Page) -> Evidence | None:
    """Return what shows that GraphQL is spoken at an address: it may tell its schema, if asked."""
    if page.form is not Form.JSON or len(page.lowered) > _MAX_ANSWER_CHARS:
        return None
    rule, field = "documentation.graphql_endpoint", f"{page.where}.body"
    if page.is_ok and '"__typename"' in page.lowered:
        document = document_in(page.text)
        answer = document.members.get("data") if document else None
        name = answer.get("__typename") if isinstance(answer, dict) else None
        return seen(rule, field, f"data.__typename: {name}") if isinstance(name, str) else None
    if page.status != _BAD_REQUEST or '"errors"' not in page.lowered:
        return None
    words = page.lowered.replace("\\", "")
    asks = next((text for text in _ASKS_FOR_QUERY if text in words), None)
    return None if asks is None else seen(rule, field, asks)
