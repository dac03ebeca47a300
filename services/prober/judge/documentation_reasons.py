"""Says where the API documentation of a host is, and what to do with it.

Law: only a description that was seen by itself is told as one that scanners can import.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from services.prober.judge.codes import Note, reason_for
from services.prober.judge.documentation import Documentation
from services.prober.judge.documentation_ui import VIEWER_NAMES
from services.prober.judge.documents import is_described, is_only_linked
from services.prober.judge.names import address_for_people
from services.prober.judge.page import Page
from services.prober.judge.verdict import MAX_EVIDENCE, ApiDocument, Reason

# What scanners import; all else only shows it or says where it is.
_DESCRIPTIONS: Final = frozenset(
    {"openapi", "swagger", "asyncapi", "graphql", "postman", "wsdl", "wadl", "odata"}
)
_TITLE_CHARS: Final = 80


def documentation_reasons(
    pages: tuple[Page, ...],
    documents: Mapping[str, Documentation],
    listed: tuple[ApiDocument, ...],
) -> Iterator[Reason]:
    """Yield what is documented where; documents are by the field of their page."""
    found = [(page, documents[page.where]) for page in pages if page.where in documents]
    described = [one for one in found if one[1].type in _DESCRIPTIONS]
    others = [one for one in found if one[1].type not in _DESCRIPTIONS]
    # A viewer or a catalogue is told with what it leads to: of its own there is nothing to import.
    beside = [item for _, each in others for item in each.evidence] if described else []
    for page, each in described or others:
        evidence = (*each.evidence, *beside)[:MAX_EVIDENCE]
        beside.clear()
        yield reason_for(Note.API_DOCUMENTATION, _sentence(page, each, listed), evidence)
    linked = [document for document in listed if is_only_linked(document)]
    if linked:
        message = (
            f"API documentation is linked at {address_for_people(linked[0].url)}, where this check "
            "did not look; add its path to the check."
        )
        shown = tuple(item for document in linked for item in document.evidence)
        yield reason_for(Note.DOCUMENTATION_LINKED, message, shown[:MAX_EVIDENCE])


def _sentence(page: Page, each: Documentation, listed: tuple[ApiDocument, ...]) -> str:
    named = f" of “{each.title[:_TITLE_CHARS]}”" if each.title else ""
    where = address_for_people(page.url)
    if each.type in VIEWER_NAMES:
        return _sentence_of_viewer(page, each, listed)
    if each.ui:
        return (
            f"API documentation{named} is public in a script of {VIEWER_NAMES[each.ui]} at {where} "
            f"({each.type}); save it from there for the scanner."
        )
    if each.type not in _DESCRIPTIONS:
        return f"A catalogue of APIs is public at {where}; give the scanner what it lists."
    return f"API documentation{named} is public at {where} ({each.type}); scanners can import it."


def _sentence_of_viewer(page: Page, viewer: Documentation, listed: tuple[ApiDocument, ...]) -> str:
    """Return what a page shows of which no document was seen by itself."""
    begun = f"{page.asked} shows API documentation with {VIEWER_NAMES[viewer.type]}"
    shown = next((one for one in listed if viewer.evidence[0] in one.evidence), None)
    if shown is not None and is_described(shown):
        return f"{begun} and holds it ({shown.type}); save it from there for the scanner."
    if shown is not None and shown.url:
        return (
            f"{begun}, of {address_for_people(shown.url)}, where this check saw no document; give "
            "the scanner that address."
        )
    return f"{begun} and does not say where it is; look there with a browser for its address."
