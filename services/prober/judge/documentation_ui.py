"""Tells the pages of API documentation viewers by the script they load or the element they fill.

Words in the text never count: articles about a viewer name its scripts too. A script address, a
custom element, or an element id together with the call that fills it does.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.prober.judge.html import live_source
from services.prober.judge.json_members import Document, object_at
from services.prober.judge.pack import Declared, declared_as
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.page import Page
from services.prober.judge.verdict import Evidence, seen

_PREFIX: Final = "documentation."
_SWAGGER: Final = "swagger_ui"
# The scripts that start it: of its own distribution, and of swagger-ui-express.
_STARTERS: Final = ("/swagger-initializer.js", "/swagger-ui-init.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """One documentation viewer and its marks; any one kind of mark is enough."""

    # Of its rule, without documentation.
    id: str
    # Its name for people.
    name: str
    # A part of a script's address.
    scripts: tuple[str, ...] = ()
    # A custom element.
    element: str = ""
    # The id of an element, and calls in a script beside it, of which one is enough.
    filled: tuple[str, ...] = ()
    # A text that makes it none: a page of the same maker that shows no documentation.
    never: str = ""


def _viewer_of(declared: Declared) -> Viewer:
    written = declared.members
    filled = written.get("filled")
    return Viewer(
        id=declared.id.removeprefix(_PREFIX),
        name=written["vendor"],
        scripts=tuple(written.get("scripts", ())),
        element=written.get("element", ""),
        filled=(filled["element"], *filled["calls"]) if filled else (),
        never=written.get("never", ""),
    )


VIEWERS: Final = tuple(_viewer_of(declared) for declared in declared_as(RuleForm.VIEWER))
# By the ids of their rules.
VIEWER_NAMES: Final = MappingProxyType({viewer.id: viewer.name for viewer in VIEWERS})
# Where a page holds its document; what follows is an object.
_EMBEDDED: Final = MappingProxyType(
    {
        _SWAGGER: re.compile(r"(?<![\w$])[\"']?(?:spec|swaggerDoc)[\"']?\s{0,8}:\s{0,8}(?=\{)"),
        "redoc": re.compile(r"(?:__redoc_state\s{0,8}=|Redoc\.init\()\s{0,8}(?=\{)"),
        "scalar": re.compile(
            r"<script\s[^<>]{0,200}?id\s{0,4}=\s{0,4}[\"']?api-reference(?![\w-])[^<>]{0,200}>"
            r"\s{0,64}(?=\{)",
            re.IGNORECASE,
        ),
    }
)
_ELEMENT_IDS: Final = {
    viewer.filled[0]: re.compile(
        r"<[a-z][a-z0-9-]{0,30}+\s[^<>]{0,300}?(?<![\w-])id\s{0,4}=\s{0,4}[\"']?"
        + re.escape(viewer.filled[0])
        + r"(?![\w-])"
    )
    for viewer in VIEWERS
    if viewer.filled
}


def viewer_in(page: Page) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return the viewer a page is and what shows it, or None."""
    if "<script" not in page.lowered and not page.html.elements:
        return None  # a viewer is made by a script
    for viewer in VIEWERS:
        if viewer.never and viewer.never in page.lowered:
            continue
        shown = _script_of(viewer, page) or _element_of(viewer, page) or _filled_by(viewer, page)
        if shown:
            return viewer.id, (seen(f"documentation.{viewer.id}", f"{page.where}.body", shown),)
    return None


def starts_viewer(page: Page) -> str:
    """Return the viewer whose script an answer is by its name and type, or nothing."""
    is_script = "javascript" in page.media_type
    return _SWAGGER if is_script and page.path.partition("?")[0].endswith(_STARTERS) else ""


def viewer_script_in(page: Page) -> tuple[str, tuple[Evidence, ...]] | None:
    """Return the viewer that a script of its own starts and what shows it, or None."""
    call = "swaggeruibundle("
    if not starts_viewer(page) or call not in page.lowered:
        return None
    return _SWAGGER, (seen(f"documentation.{_SWAGGER}", f"{page.where}.body", call),)


def embedded_document_in(viewer: str, page: Page) -> Document | None:
    """Return the object that stands in a viewer's page as the document it shows, or None."""
    pattern = _EMBEDDED.get(viewer)
    match = pattern.search(page.text) if pattern else None
    if match is None:
        return None
    document = object_at(page.text, match.end())
    state = document.members.get("spec")
    inner = state.get("data") if isinstance(state, dict) else None
    return Document(members=inner, is_whole=True) if isinstance(inner, dict) else document


def _script_of(viewer: Viewer, page: Page) -> str:
    sources = page.html.script_sources
    return next((src for src in sources if any(part in src for part in viewer.scripts)), "")


def _element_of(viewer: Viewer, page: Page) -> str:
    return f"<{viewer.element}>" if viewer.element in page.html.elements else ""


def _filled_by(viewer: Viewer, page: Page) -> str:
    if not viewer.filled:
        return ""
    element, *calls = viewer.filled
    call = next((call for call in calls if call in page.lowered), None)
    if call is None or element not in page.lowered:
        return ""
    source = live_source(page.lowered)
    is_filled = call in source and _ELEMENT_IDS[element].search(source)
    return f'id="{element}" {call}' if is_filled else ""
