"""Tells the pages of API documentation viewers by the script they load or the element they fill.

Words in the text never count: articles about a viewer name its scripts too. A script address, a
custom element, or an element id together with the call that fills it does.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from services.prober.judge.json_members import Document, object_at
from services.prober.judge.page import Page
from services.prober.judge.verdict import Evidence, seen

_SWAGGER: Final = "swagger_ui"
# The scripts that start it: of its own distribution, and of swagger-ui-express.
_STARTERS: Final = ("/swagger-initializer.js", "/swagger-ui-init.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """One documentation viewer and its marks; any one kind of mark is enough."""

    id: str
    # Its name for people.
    name: str
    source: str
    # A part of a script's address.
    scripts: tuple[str, ...] = ()
    # A custom element.
    element: str = ""
    # The id of an element, and calls in a script beside it, of which one is enough.
    filled: tuple[str, ...] = ()
    # A text that makes it none: a page of the same maker that shows no documentation.
    never: str = ""


VIEWERS: Final = (
    Viewer(
        id="swagger_ui",
        name="Swagger UI",
        source="swagger-api/swagger-ui dist/index.html",
        scripts=("swagger-ui", "swagger-initializer.js", "swaggerui"),
        filled=("swagger-ui", "swaggeruibundle("),
    ),
    Viewer(
        id="redoc",
        name="ReDoc",
        source="Redocly/redoc README",
        scripts=("redoc.standalone.js", "redoc.min.js", "/redoc@"),
        element="redoc",
        filled=("redoc", "__redoc_state"),
    ),
    Viewer(
        id="scalar",
        name="Scalar",
        source="scalar/scalar README",
        scripts=("@scalar/api-reference", "scalar.standalone", "scalar-api-reference"),
        filled=("api-reference", "data-url="),
    ),
    Viewer(
        id="stoplight_elements",
        name="Stoplight Elements",
        source="stoplightio/elements README",
        scripts=("@stoplight/elements",),
        element="elements-api",
    ),
    Viewer(
        id="rapidoc",
        name="RapiDoc",
        source="rapi-doc/RapiDoc README",
        scripts=("rapidoc-min.js",),
        element="rapi-doc",
    ),
    Viewer(
        id="graphiql",
        name="GraphiQL",
        source="graphql/graphiql examples/graphiql-cdn",
        scripts=("graphiql",),
        # Before version 5, and since, when it came to be a module.
        filled=("graphiql", "graphiql.", "@graphiql/react"),
    ),
    Viewer(
        id="graphql_playground",
        name="GraphQL Playground",
        source="graphql/graphql-playground: middleware page",
        scripts=("graphql-playground",),
        filled=("root", "graphqlplayground.init("),
    ),
    Viewer(
        id="apollo_sandbox",
        name="Apollo Sandbox",
        source="apollographql.com/docs: landing pages",
        scripts=("embeddable-sandbox", "apollo-server-landing-page", "embeddable-explorer"),
        # In production the page greets, and its server tells its schema to nobody.
        never="%22isprod%22%3atrue",
    ),
    Viewer(
        id="altair",
        name="Altair",
        source="altair-graphql/altair: index.html",
        scripts=("altair-static", "altair/main"),
        filled=("altair", "altairgraphql.init("),
    ),
)
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
    pattern = _ELEMENT_IDS[element]
    return f'id="{element}" {call}' if pattern.search(page.lowered) else ""
