"""Says where the API documentation of a host is, and what to do with it.

Law: only a description that was seen by itself, and parses, is told as one that scanners can
import; what was not seen, or does not parse, is told as unproven, protected or linked.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final

from services.prober.judge.codes import Note, reason_for
from services.prober.judge.documentation import Documentation
from services.prober.judge.documentation_ui import VIEWER_NAMES
from services.prober.judge.names import address_for_people
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import (
    MAX_EVIDENCE,
    ApiDocument,
    DocumentState,
    Evidence,
    Reason,
)

# What scanners import; all else only shows it or says where it is.
_DESCRIPTIONS: Final = frozenset(
    {"openapi", "swagger", "asyncapi", "graphql", "postman", "wsdl", "wadl", "odata"}
)
_TITLE_CHARS: Final = 80

_Found = tuple[Page, Documentation]


def documentation_reasons(
    pages: tuple[Page, ...],
    documents: Mapping[str, Documentation],
    protected: Mapping[str, tuple[Evidence, ...]],
    listed: tuple[ApiDocument, ...],
) -> Iterator[Reason]:
    """Yield what is documented where.

    Documents, and what shows that one is protected, are by the field of their page.
    """
    found = [(page, documents[page.where]) for page in pages if page.where in documents]
    unproven = [one for one in found if _is_unproven(one[1], listed)]
    yield from _proven([one for one in found if one not in unproven])
    for page, viewer in unproven:
        message = (
            _sentence_of_viewer(page, viewer, listed)
            if viewer.parses
            else _sentence_of_broken(page, viewer)
        )
        yield reason_for(Note.DOCUMENTATION_UNPROVEN, message, viewer.evidence)
    yield from _protected(pages, protected)
    yield from _linked(listed)


def _is_unproven(each: Documentation, listed: tuple[ApiDocument, ...]) -> bool:
    """Tell a viewer of which nothing was read: neither what it names nor, where it names none, any.

    One whose document is denied is told with that. A description that does not parse proves none.
    """
    if each.type not in VIEWER_NAMES:
        return not each.parses
    shown = next((one for one in listed if each.evidence[0] in one.evidence), None)
    if shown is not None and shown.url:
        return shown.state is DocumentState.UNPROVEN
    return all(one.state is not DocumentState.PARSED for one in listed)


def _proven(found: list[_Found]) -> Iterator[Reason]:
    """Yield what was read, a viewer or a catalogue with it: of its own these have nothing."""
    described = [one for one in found if one[1].type in _DESCRIPTIONS]
    others = [one for one in found if one[1].type not in _DESCRIPTIONS]
    told = described or [one for one in others if one[1].type not in VIEWER_NAMES]
    beside = [item for one in others if one not in told for item in one[1].evidence]
    for page, each in told:
        evidence = (*each.evidence, *beside)[:MAX_EVIDENCE]
        beside.clear()
        yield reason_for(Note.API_DOCUMENTATION, _sentence(page, each), evidence)


def _sentence(page: Page, each: Documentation) -> str:
    named = f" of “{each.title[:_TITLE_CHARS]}”" if each.title else ""
    where = address_for_people(page.url)
    if each.ui and page.form is Form.HTML:
        return (
            f"{page.asked} shows API documentation{named} with {VIEWER_NAMES[each.ui]} and holds "
            f"it ({each.type}); save it from there for the scanner."
        )
    if each.ui:
        return (
            f"API documentation{named} is public in a script of {VIEWER_NAMES[each.ui]} at {where} "
            f"({each.type}); save it from there for the scanner."
        )
    if each.type not in _DESCRIPTIONS:
        return f"A catalogue of APIs is public at {where}; give the scanner what it lists."
    return f"API documentation{named} is public at {where} ({each.type}); scanners can import it."


def _sentence_of_viewer(page: Page, viewer: Documentation, listed: tuple[ApiDocument, ...]) -> str:
    """Return what a page shows of which no document was seen."""
    begun = f"{page.asked} is a page of {VIEWER_NAMES[viewer.type]}, which shows API documentation"
    shown = next((one for one in listed if viewer.evidence[0] in one.evidence), None)
    if shown is None or not shown.url:
        return (
            f"{begun}, and does not say where its document is; look there with a browser for its "
            "address."
        )
    where = address_for_people(shown.url)
    if shown.type == "graphql":
        return (
            f"{begun}, and asks {where} for a schema that this check did not see; see whether "
            "introspection is meant to be open there."
        )
    return f"{begun}, of {where}, where this check saw no document; check that address."


def _sentence_of_broken(page: Page, each: Documentation) -> str:
    return (
        f"{page.asked} begins as API documentation ({each.type}) and does not parse, so no scanner "
        "can import it; repair it."
    )


def _protected(
    pages: tuple[Page, ...], protected: Mapping[str, tuple[Evidence, ...]]
) -> Iterator[Reason]:
    denied = [page for page in pages if page.where in protected]
    if denied:
        first = denied[0]
        message = (
            f"{first.asked} answered {first.status} where a random path is not denied: API "
            "documentation seems to be there; give the scanner credentials for it."
        )
        shown = chain.from_iterable(protected[page.where] for page in denied)
        yield reason_for(Note.DOCUMENTATION_PROTECTED, message, tuple(shown)[:MAX_EVIDENCE])


def _linked(listed: tuple[ApiDocument, ...]) -> Iterator[Reason]:
    linked = [one for one in listed if one.state is DocumentState.LINKED]
    if linked:
        message = (
            f"API documentation is linked at {address_for_people(linked[0].url)}, where this check "
            "did not look; add its path to the check."
        )
        shown = tuple(item for document in linked for item in document.evidence)
        yield reason_for(Note.DOCUMENTATION_LINKED, message, shown[:MAX_EVIDENCE])
