"""Tells whether a description applies security schemes, and does not only declare them.

A requirement without a scheme is the right to come without one (OpenAPI, Security Requirement
Object): alone it asks for nothing. AsyncAPI applies schemes to servers and operations: to channels
in version 2, and as references in version 3.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_METHODS: Final = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}
)
_OF_CHANNELS: Final = ("publish", "subscribe")


def applies_security(members: Mapping[str, Any]) -> bool:
    """Tell whether any part of a description asks for a scheme, however much of it was read."""
    owners = (members, *operations_in(members), *_of_asyncapi(members))
    return any(_asks(owner.get("security")) for owner in owners if isinstance(owner, Mapping))


def operations_in(members: Mapping[str, Any]) -> Iterator[object]:
    """Yield the operations of the paths of OpenAPI and Swagger."""
    for item in _values(members.get("paths")):
        for name, operation in _mapping(item).items():
            if name in _METHODS:
                yield operation


def _of_asyncapi(members: Mapping[str, Any]) -> Iterator[object]:
    yield from _values(members.get("servers"))
    yield from _values(members.get("operations"))
    for channel in _values(members.get("channels")):
        yield from (_mapping(channel).get(name) for name in _OF_CHANNELS)


def _asks(security: object) -> bool:
    if isinstance(security, list):
        return any(requirement != {} for requirement in security)
    return security is not None


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _values(value: object) -> Iterator[Any]:
    return iter(_mapping(value).values())
