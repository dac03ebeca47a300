"""Lists the API documentation of a host: each document once, whatever shows or names it.

Law: what was seen comes first. What is only named is told as such and proves nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from services.prober.judge.documentation import Documentation
from services.prober.judge.documentation_links import (
    GRAPHQL_VIEWERS,
    addresses_in_settings,
    addresses_of_viewer,
    links_in,
)
from services.prober.judge.documentation_ui import VIEWER_NAMES
from services.prober.judge.json_members import document_in
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import ApiDocument, DocumentState, Evidence, seen

_GRAPHQL: Final = "graphql"
# Of what is denied, nobody knows the format.
_UNTOLD: Final = "unknown"
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
    pages: tuple[Page, ...],
    documents: Mapping[str, Documentation],
    protected: Mapping[str, tuple[Evidence, ...]],
) -> tuple[ApiDocument, ...]:
    """Return the documentation on these pages.

    Documents, and what shows that one is protected, are by the field of their page.
    """
    found: dict[str, ApiDocument] = {}
    denied = _denied(pages, protected)
    for made in (*_seen(pages, documents), *_in_viewers(pages, documents), *denied):
        _add(found, made)
    if linked := list(_linked(pages)):
        asked = {_key(url) for page in pages for url in page.urls}
        for made in linked:
            # An address that was asked and had no document has none.
            if _key(made.url) in found or _key(made.url) not in asked:
                _add(found, made)
    for made in _spoken(pages):
        _add(found, made)
    located = {made.ui for made in found.values() if made.url or made.version}
    listed = [made for made in found.values() if made.url or made.version or made.ui not in located]
    return tuple(listed[:_MAX_DOCUMENTS])


def addresses_named_by(
    pages: tuple[Page, ...], documents: Mapping[str, Documentation]
) -> frozenset[str]:
    """Return where viewers and links say that a document is."""
    viewers = _viewers(pages, documents)
    settings = _settings(pages) if viewers else {}
    viewed = (url for page, viewer in viewers for url in _shown_by(viewer.type, page, settings))
    linked = (link.url for page in pages for link in links_in(page))
    return frozenset(_key(url) for url in (*viewed, *linked))


def _viewers(
    pages: tuple[Page, ...], documents: Mapping[str, Documentation]
) -> list[tuple[Page, Documentation]]:
    """Return the pages that show documents, and what each was seen to be."""
    shown = ((page, documents[page.where]) for page in pages if page.where in documents)
    return [(page, viewer) for page, viewer in shown if viewer.type in VIEWER_NAMES]


def _settings(pages: tuple[Page, ...]) -> dict[str, tuple[str, ...]]:
    """Return what the settings of viewers name, by the addresses of the settings."""
    found = ((page.urls, addresses_in_settings(page)) for page in pages)
    return {_key(url): named for urls, named in found if named for url in urls}


def _shown_by(ui: str, page: Page, settings: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield where the documents of a viewer's page are, those that its settings name too."""
    for url in addresses_of_viewer(ui, page):
        yield from settings.get(_key(url), (url,))


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
    is_denied = known.state is DocumentState.UNPROVEN and made.state is DocumentState.PROTECTED
    state = made.state if is_denied else known.state
    found[key] = replace(known, state=state, ui=ui, evidence=evidence[:_MAX_EVIDENCE])


def _seen(pages: tuple[Page, ...], documents: Mapping[str, Documentation]) -> Iterator[ApiDocument]:
    for page in pages:
        shown = documents.get(page.where)
        if shown is None or shown.type in VIEWER_NAMES:
            continue
        if shown.ui:  # in a page or a script, where nobody can import it from
            yield replace(_document(shown, ""), ui=VIEWER_NAMES[shown.ui])
        elif shown.type == _GRAPHQL:  # the query that was asked is no part of where it is
            yield _document(shown, page.url.partition("?")[0])
        else:
            yield _document(shown, page.url)


def _document(shown: Documentation, url: str) -> ApiDocument:
    return ApiDocument(
        type=shown.type,
        state=DocumentState.PARSED if shown.parses else DocumentState.UNPROVEN,
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
    viewers = _viewers(pages, documents)
    if not viewers:
        return
    settings = _settings(pages)
    read = {_key(page.url) for page in pages if _is_read(documents.get(page.where))}
    for page, viewer in viewers:
        # Of several, what was read is what it is told with.
        shown = sorted(
            _shown_by(viewer.type, page, settings), key=lambda url: _key(url) not in read
        )
        yield ApiDocument(
            type=_GRAPHQL if viewer.type in GRAPHQL_VIEWERS else "openapi",
            state=DocumentState.UNPROVEN,
            title=viewer.title,
            url=shown[0] if shown else "",
            ui=VIEWER_NAMES[viewer.type],
            evidence=viewer.evidence,
        )


def _is_read(shown: Documentation | None) -> bool:
    return shown is not None and shown.type not in VIEWER_NAMES


def _denied(
    pages: tuple[Page, ...], protected: Mapping[str, tuple[Evidence, ...]]
) -> Iterator[ApiDocument]:
    state = DocumentState.PROTECTED
    for page in pages:
        if evidence := protected.get(page.where):
            yield ApiDocument(type=_UNTOLD, state=state, url=page.url, evidence=evidence)


def _linked(pages: tuple[Page, ...]) -> Iterator[ApiDocument]:
    for page in pages:
        for link in links_in(page):
            yield ApiDocument(
                type=link.type,
                state=DocumentState.LINKED,
                url=link.url,
                evidence=(link.evidence,),
            )


def _spoken(pages: tuple[Page, ...]) -> Iterator[ApiDocument]:
    for page in pages:
        evidence = _graphql_answer(page)
        if evidence is not None:
            yield ApiDocument(
                type=_GRAPHQL,
                state=DocumentState.UNPROVEN,
                url=page.url.partition("?")[0],
                evidence=(evidence,),
            )


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
