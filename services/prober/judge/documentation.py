"""Tells whether an answer is API documentation: a description that parses, or a viewer's page.

A path that merely answers proves nothing: a single-page application serves its shell for
/openapi.json too. The proof is in the body.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from services.prober.judge import yaml_syntax
from services.prober.judge.documentation_details import Details, details_of
from services.prober.judge.documentation_ui import (
    embedded_document_in,
    starts_viewer,
    viewer_in,
    viewer_script_in,
)
from services.prober.judge.documentation_xml import description_in_xml, is_well_formed
from services.prober.judge.documentation_xml_details import VERSIONS, xml_details_of
from services.prober.judge.documentation_yaml import description_in_yaml
from services.prober.judge.json_members import Document, document_in, is_object
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen
from services.prober.judge.yaml_members import members_in_yaml

_SHOWN_SCHEMES: Final = 8
_VERSIONED: Final = frozenset({"openapi", "swagger", "asyncapi"})
# What viewers show that hold a document.
_EMBEDDED: Final = frozenset({"openapi", "swagger"})
_VERSION_CHARS: Final = 32
_SCHEMA_VERSION: Final = re.compile(r"/v(\d{1,3}(?:\.\d{1,3}){0,3})/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    """A description or viewer found on one answer."""

    # openapi, swagger, asyncapi, graphql, api_catalog, postman, wsdl, wadl, odata, or a viewer.
    type: str
    # The viewer whose page or script holds it; empty of one that can be fetched by itself.
    ui: str = ""
    # Of the format; empty of a viewer.
    version: str = ""
    title: str
    details: Details = field(default_factory=Details)
    # It was read to its end; a viewer is no description.
    is_whole: bool = False
    # False of what was read to its end and is not in the form that it begins in.
    parses: bool = True
    # Evidence that the API it describes asks for credentials; empty when it does not say so.
    security: tuple[Evidence, ...] = ()
    evidence: tuple[Evidence, ...]


def documentation_in(page: Page) -> Documentation | None:
    """Return the documentation one answer is, or None."""
    if not page.is_ok:
        return None
    match page.form:
        case Form.JSON:
            return _in_json(page)
        case Form.HTML:
            return _in_viewer(page)
        case Form.XML:
            return _in_xml(page)
        case Form.TEXT:
            # Descriptions in XML are often declared as plain text.
            return _in_xml(page) or _in_yaml(page) or _in_script(page)
        case _:
            return None


def _in_viewer(page: Page) -> Documentation | None:
    """Return what the page of a viewer holds, else the viewer it is."""
    viewer = viewer_in(page)
    if viewer is None:
        return None
    ui, evidence = viewer
    held = _held_by(ui, page)
    if held is not None:
        return replace(held, evidence=(*evidence, *held.evidence))
    return Documentation(type=ui, title=page.title, evidence=evidence)


def _in_script(page: Page) -> Documentation | None:
    """Return what the script that starts a viewer holds, else the viewer it starts."""
    held = _held_by(starts_viewer(page), page)
    if held is not None:
        return held
    viewer = viewer_script_in(page)
    return viewer and Documentation(type=viewer[0], title="", evidence=viewer[1])


def _held_by(ui: str, page: Page) -> Documentation | None:
    """Return the description that a viewer's page or script holds, or None."""
    document = embedded_document_in(ui, page) if ui else None
    described = document and _described_in(document, page)
    if not described or described.type not in _EMBEDDED or not described.parses:
        return None
    return replace(described, ui=ui)


def _is_whole(page: Page) -> bool:
    return page.is_finished and not page.truncated


def _in_xml(page: Page) -> Documentation | None:
    found = description_in_xml(page.text)
    if found is None:
        return None
    kind, shown = found
    is_whole = _is_whole(page)
    if is_whole and not is_well_formed(page.text):
        return _broken(kind, shown, page)
    details = xml_details_of(kind, page.text, page.url, is_whole=is_whole)
    return Documentation(
        type=kind,
        version=VERSIONS.get(shown.partition(" in ")[2], ""),
        title=details.title,
        details=details,
        is_whole=is_whole,
        evidence=(seen(f"documentation.{kind}", f"{page.where}.body", shown),),
    )


def _in_yaml(page: Page) -> Documentation | None:
    found = description_in_yaml(page.text, truncated=page.truncated)
    if found is None:
        return None
    is_whole = _is_whole(page)
    if is_whole and not yaml_syntax.is_well_formed(page.text):
        return _broken(*found, page)
    document = Document(members=members_in_yaml(page.text), is_whole=is_whole)
    return _documentation(*found, document, page)


def _in_json(page: Page) -> Documentation | None:
    document = document_in(page.text)
    return None if document is None else _described_in(document, page)


def _described_in(document: Document, page: Page) -> Documentation | None:
    """Return the description that an object out of a page is, or None."""
    for name, read in _READERS.items():
        shown = read(document)
        if shown is not None:
            return _documentation(name, shown, document, page)
    return None


def _documentation(kind: str, shown: str, document: Document, page: Page) -> Documentation:
    # The end of the object may have been read, and the end of the body not.
    read = replace(document, is_whole=document.is_whole and _is_whole(page))
    if _is_whole(page) and not document.is_whole:
        return _broken(kind, shown, page)
    details = details_of(kind, read, page.url)
    names = ", ".join(details.security_schemes[:_SHOWN_SCHEMES])
    security = seen("documentation.security", f"{page.where}.body", f"securitySchemes: {names}")
    return Documentation(
        type=kind,
        version=_format_version(kind, shown),
        title=details.title,
        details=details,
        is_whole=read.is_whole,
        security=(security,) if details.asks else (),
        evidence=(seen(f"documentation.{kind}", f"{page.where}.body", shown),),
    )


def _broken(kind: str, shown: str, page: Page) -> Documentation:
    """Return what begins as a description, was read to its end, and does not parse."""
    evidence = seen(f"documentation.{kind}", f"{page.where}.body", shown)
    return Documentation(type=kind, title="", parses=False, evidence=(evidence,))


def _format_version(kind: str, shown: str) -> str:
    """Return the version of the format from what shows it: openapi: 3.1.0, or a schema's URL."""
    if kind in _VERSIONED:
        return shown.partition(": ")[2][:_VERSION_CHARS]
    found = _SCHEMA_VERSION.search(shown) if kind == "postman" else None
    return found.group(1) if found else ""


def _version(document: Document, name: str, *beginnings: str) -> str | None:
    value = document.members.get(name)
    return value if isinstance(value, str) and value.startswith(beginnings) else None


def _describes(document: Document, *names: str) -> bool:
    """Tell whether one of the members is there, or the cut came before it could be."""
    if any(is_object(document.members.get(name)) for name in names if name in document.members):
        return True
    return not document.is_whole and is_object(document.members.get("info"))


def _openapi(document: Document) -> str | None:
    """Read OpenAPI 3.x (spec.openapis.org, "OpenAPI Object")."""
    version = _version(document, "openapi", "3.")
    if version and _describes(document, "paths", "webhooks", "components"):
        return f"openapi: {version}"
    return None


def _swagger(document: Document) -> str | None:
    """Read Swagger 2.0 (swagger.io/specification/v2)."""
    version = _version(document, "swagger", "2.")
    return f"swagger: {version}" if version and _describes(document, "paths") else None


def _asyncapi(document: Document) -> str | None:
    """Read AsyncAPI 2 and 3 (asyncapi.com)."""
    version = _version(document, "asyncapi", "2.", "3.")
    if version and _describes(document, "channels", "operations", "components"):
        return f"asyncapi: {version}"
    return None


def _graphql(document: Document) -> str | None:
    """Read the answer to an introspection query (spec.graphql.org, "Introspection")."""
    answer = document.members.get("data")
    schema = answer.get("__schema") if isinstance(answer, dict) else None
    if isinstance(schema, dict) and schema:
        return "data.__schema"
    return None


def _api_catalog(document: Document) -> str | None:
    """Read an API catalogue (RFC 9727): a linkset (RFC 9264) of APIs or their descriptions."""
    linkset = document.members.get("linkset")
    contexts = linkset if isinstance(linkset, list) else []
    for relation in ("service-desc", "service-doc", "item", "api-catalog"):
        if any(isinstance(context, dict) and relation in context for context in contexts):
            return f"linkset: {relation}"
    return None


def _postman(document: Document) -> str | None:
    """Read a Postman collection (schema.postman.com)."""
    about = document.members.get("info")
    schema = about.get("schema") if isinstance(about, dict) else None
    if isinstance(schema, str) and "postman.com/json/collection" in schema:
        return schema
    return None


_READERS: Final[dict[str, Callable[[Document], str | None]]] = {
    "openapi": _openapi,
    "swagger": _swagger,
    "asyncapi": _asyncapi,
    "graphql": _graphql,
    "api_catalog": _api_catalog,
    "postman": _postman,
}
