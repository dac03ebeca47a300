"""Tells whether an answer is API documentation: a description that parses, or a viewer's page.

A path that merely answers proves nothing: a single-page application serves its shell for
/openapi.json too. The proof is in the body.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.prober.judge.documentation_ui import viewer_in
from services.prober.judge.documentation_xml import description_in_xml
from services.prober.judge.documentation_yaml import description_in_yaml
from services.prober.judge.json_members import CUT, Document, document_in, is_object
from services.prober.judge.page import Form, Page
from services.prober.judge.verdict import Evidence, seen

_METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
_MAX_OPERATIONS: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    """A description or viewer found on one answer."""

    # openapi, swagger, asyncapi, graphql, api_catalog, postman, wsdl, wadl, odata, or a viewer.
    type: str
    title: str
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
            viewer = viewer_in(page)
            return viewer and Documentation(type=viewer[0], title=page.title, evidence=viewer[1])
        case Form.XML:
            return _plain(page, description_in_xml(page.text))
        case Form.TEXT:
            # Descriptions in XML are often declared as plain text.
            found = description_in_xml(page.text) or description_in_yaml(
                page.text, truncated=page.truncated
            )
            return _plain(page, found)
        case _:
            return None


def _plain(page: Page, found: tuple[str, str] | None) -> Documentation | None:
    if found is None:
        return None
    evidence = (seen(f"documentation.{found[0]}", f"{page.where}.body", found[1]),)
    return Documentation(type=found[0], title="", evidence=evidence)


def _in_json(page: Page) -> Documentation | None:
    document = document_in(page.text)
    if document is None:
        return None
    for name, read in _READERS.items():
        shown = read(document)
        if shown is not None:
            evidence = (seen(f"documentation.{name}", f"{page.where}.body", shown),)
            return Documentation(
                type=name,
                title=_title_of(document),
                security=_security_of(document, page),
                evidence=evidence,
            )
    return None


def _title_of(document: Document) -> str:
    about = document.members.get("info")
    title = about.get("title") if isinstance(about, dict) else None
    return title if isinstance(title, str) else ""


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


def _security_of(document: Document, page: Page) -> tuple[Evidence, ...]:
    """Return the security schemes a description declares and applies; declared alone is no use."""
    schemes = document.members.get("securityDefinitions")
    components = document.members.get("components")
    if isinstance(components, dict):
        schemes = components.get("securitySchemes", schemes)
    if not isinstance(schemes, dict) or not schemes:
        return ()
    if document.is_whole and not _is_applied(document):
        return ()
    names = ", ".join(str(name) for name in list(schemes)[:8])
    return (seen("documentation.security", f"{page.where}.body", f"securitySchemes: {names}"),)


def _is_applied(document: Document) -> bool:
    if document.members.get("security"):
        return True
    paths = document.members.get("paths")
    items = list(paths.values())[:_MAX_OPERATIONS] if isinstance(paths, dict) else []
    return any(_asks(operation) for item in items for operation in _operations(item))


def _operations(item: object) -> list[object]:
    if not isinstance(item, dict):
        return []
    return [value for name, value in item.items() if name in _METHODS]


def _asks(operation: object) -> bool:
    return isinstance(operation, dict) and operation.get("security") not in (None, [], CUT)
