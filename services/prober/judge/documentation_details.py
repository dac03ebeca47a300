"""Reads from a parsed description what a scanner is set up with: operations, security, servers.

Numbers are told of whole documents only; the rest is what was read before the cut.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urljoin

from services.prober.judge.challenges import registered_scheme
from services.prober.judge.documentation_security import applies_security, operations_in
from services.prober.judge.json_members import CUT, Document
from services.prober.judge.names import without_userinfo

_MAX_SCHEMES: Final = 16
_MAX_SCHEME_CHARS: Final = 128
_MAX_SERVERS: Final = 8
_MAX_SERVER_CHARS: Final = 512
MAX_TEXT_CHARS: Final = 256
MAX_ADDRESS_CHARS: Final = 1024
_MAX_ITEMS: Final = 10_000
_RELATIONS: Final = ("service-desc", "service-doc", "service-meta")
_GRAPHQL_ROOTS: Final = ("queryType", "mutationType", "subscriptionType")


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What one description says of its API."""

    title: str = ""
    # None when it cannot be told.
    operations: int | None = None
    # Names of the security schemes it declares.
    security_schemes: tuple[str, ...] = ()
    # The schemes of HTTP they stand for, as registered.
    http_schemes: tuple[str, ...] = ()
    # A scheme is declared and applied; declared alone is no use.
    asks: bool = False
    servers: tuple[str, ...] = ()


def details_of(kind: str, document: Document, url: str) -> Details:
    """Return what a description of this type, found at a URL, says; kinds as in documentation."""
    declared = _declared(document)
    count = _COUNTS.get(kind)
    servers = _SERVERS.get(kind, _no_servers)(document)
    return Details(
        title=_title(document),
        operations=count(document) if count and document.is_whole else None,
        security_schemes=tuple(str(name)[:_MAX_SCHEME_CHARS] for name in declared)[:_MAX_SCHEMES],
        http_schemes=tuple(dict.fromkeys(filter(None, map(_http_scheme, declared.values())))),
        asks=bool(declared) and (not document.is_whole or applies_security(document.members)),
        servers=listed_addresses(servers, url),
    )


def listed_addresses(addresses: Iterator[str] | tuple[str, ...], url: str) -> tuple[str, ...]:
    """Return the first of some addresses, made absolute where they can be."""
    found: dict[str, None] = {}
    for address in addresses:
        found.setdefault(absolute_address(address.strip(), url)[:_MAX_SERVER_CHARS])
        if len(found) == _MAX_SERVERS:
            break
    return tuple(one for one in found if one)


def absolute_address(address: str, url: str) -> str:
    """Return an address as seen from a URL; as it is where it cannot be resolved."""
    try:
        return urljoin(url, without_userinfo(address))
    except ValueError:
        return address


def _title(document: Document) -> str:
    about = _mapping(document.members.get("info"))
    title = about.get("title") or about.get("name")
    return title[:MAX_TEXT_CHARS] if isinstance(title, str) else ""


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _declared(document: Document) -> dict[str, Any]:
    """Return the security schemes that OpenAPI, Swagger and AsyncAPI declare, by name."""
    components = _mapping(document.members.get("components"))
    if "securitySchemes" in components:
        return _mapping(components["securitySchemes"])
    return _mapping(document.members.get("securityDefinitions"))


def _http_scheme(declared: object) -> str:
    """Return the scheme of HTTP that a security scheme stands for; nothing for keys."""
    scheme = _mapping(declared)
    match scheme.get("type"):
        case "http":
            named = scheme.get("scheme")
            return registered_scheme(named)[:_MAX_SCHEME_CHARS] if isinstance(named, str) else ""
        case "basic":
            return "Basic"
        case "oauth2" | "openIdConnect":
            return "Bearer"
        case _:
            return ""


def _count_of_paths(document: Document) -> int | None:
    paths = document.members.get("paths", {})
    if paths is CUT or CUT in _mapping(paths).values():
        return None
    return sum(1 for _ in operations_in(document.members))


def _count_of_channels(document: Document) -> int:
    """Count the operations of AsyncAPI: in 3 they have a member, in 2 they are in channels."""
    if "operations" in document.members:
        return len(_mapping(document.members["operations"]))
    channels = _mapping(document.members.get("channels")).values()
    return sum(name in _mapping(one) for one in channels for name in ("publish", "subscribe"))


def _count_of_fields(document: Document) -> int | None:
    """Count what can be asked of a GraphQL schema: the fields of its root types."""
    schema = _mapping(_mapping(document.members.get("data")).get("__schema"))
    named = [_mapping(schema.get(name)).get("name") for name in _GRAPHQL_ROOTS]
    roots = [name for name in named if isinstance(name, str)]
    shown = [_list(_mapping(schema.get(name)).get("fields")) for name in _GRAPHQL_ROOTS]
    if any(shown):
        return sum(map(len, shown))
    if not isinstance(schema.get("types"), list):
        return None
    types = [one for one in map(_mapping, schema["types"]) if one.get("name") in roots]
    return sum(len(_list(one.get("fields"))) for one in types)


def _count_of_requests(document: Document) -> int:
    """Count the requests of a Postman collection, whose folders lie in one another."""
    waiting = [document.members.get("item")]
    count = 0
    for _ in range(_MAX_ITEMS):
        if not waiting:
            break
        for item in map(_mapping, _list(waiting.pop())):
            count += "request" in item
            if "item" in item:
                waiting.append(item["item"])
    return count


def _no_servers(_document: Document) -> Iterator[str]:
    return iter(())


def _servers_of_openapi(document: Document) -> Iterator[str]:
    for server in _list(document.members.get("servers")):
        url = _mapping(server).get("url")
        if isinstance(url, str):
            yield url


def _servers_of_swagger(document: Document) -> Iterator[str]:
    host, base = document.members.get("host"), document.members.get("basePath", "")
    base = base if isinstance(base, str) else ""
    if not isinstance(host, str):
        yield from ((base,) if base else ())
        return
    schemes = [one for one in _list(document.members.get("schemes")) if isinstance(one, str)]
    for scheme in schemes:
        yield f"{scheme}://{host}{base}"
    if not schemes:
        yield f"//{host}{base}"


def _servers_of_asyncapi(document: Document) -> Iterator[str]:
    for server in map(_mapping, _mapping(document.members.get("servers")).values()):
        address = server.get("url") or server.get("host")
        protocol, path = server.get("protocol"), server.get("pathname", "")
        if isinstance(address, str) and isinstance(path, str):
            is_whole = "://" in address or not isinstance(protocol, str)
            yield address + path if is_whole else f"{protocol}://{address}{path}"


def _servers_of_catalog(document: Document) -> Iterator[str]:
    """Yield the APIs a catalogue tells of: those described, and those it only lists."""
    for context in map(_mapping, _list(document.members.get("linkset"))):
        anchor = context.get("anchor")
        if isinstance(anchor, str) and any(name in context for name in _RELATIONS):
            yield anchor
        for item in map(_mapping, _list(context.get("item"))):
            if isinstance(item.get("href"), str):
                yield item["href"]


_COUNTS: Final[Mapping[str, Callable[[Document], int | None]]] = MappingProxyType(
    {
        "openapi": _count_of_paths,
        "swagger": _count_of_paths,
        "asyncapi": _count_of_channels,
        "graphql": _count_of_fields,
        "postman": _count_of_requests,
    }
)
_SERVERS: Final[Mapping[str, Callable[[Document], Iterator[str]]]] = MappingProxyType(
    {
        "openapi": _servers_of_openapi,
        "swagger": _servers_of_swagger,
        "asyncapi": _servers_of_asyncapi,
        "api_catalog": _servers_of_catalog,
    }
)
