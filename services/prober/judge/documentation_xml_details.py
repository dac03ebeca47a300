"""Reads from a description in XML what a scanner is set up with: title, operations, addresses.

By its tags, in one pass; comments are left out.
"""

import html
import re
from typing import Final

from services.prober.judge.documentation_details import (
    MAX_TEXT_CHARS,
    Details,
    listed_addresses,
)

_TAG: Final = re.compile(r"<(/?)(?:[\w.-]{1,64}:)?([A-Za-z]{1,32})(?=[\s/>])([^<>]*+)>")
_ATTRIBUTE: Final = re.compile(
    r"(?<![\w:-])(\w{1,32})\s{0,8}=\s{0,8}(?:\"([^\"<>]*+)\"|'([^'<>]*+)')"
)
_MAX_TAGS: Final = 20_000

# type -> (elements that hold operations, the operation, element and attribute of an address,
# of a title).
_SHAPES: Final = {
    "wsdl": (
        ("portType", "interface"),
        "operation",
        (("address", "location"), ("endpoint", "address")),
        (("service", "name"), ("definitions", "name")),
    ),
    "wadl": (("resources",), "method", (("resources", "base"),), (("doc", "title"),)),
    # What can be asked of an entity is not said by its description.
    "odata": ((), "", (), (("EntityContainer", "Name"),)),
}
VERSIONS: Final = {
    "http://schemas.xmlsoap.org/wsdl/": "1.1",
    "http://www.w3.org/ns/wsdl": "2.0",
    "http://wadl.dev.java.net/2009/02": "2009/02",
    "http://docs.oasis-open.org/odata/ns/edmx": "4",
}


def xml_details_of(kind: str, text: str, url: str, *, is_whole: bool) -> Details:
    """Return what a description of this type says; kinds are wsdl, wadl and odata."""
    holders, operation, addresses, titles = _SHAPES[kind]
    found: dict[tuple[str, str], list[str]] = {}
    count = depth = 0
    for number, tag in enumerate(_TAG.finditer(_without_comments(text))):
        if number == _MAX_TAGS:
            break
        closing, name, inside = tag.groups()
        if name in holders:
            depth += -1 if closing else int(not inside.endswith("/"))
        if closing:
            continue
        count += name == operation and depth > 0
        for element, attribute in (*addresses, *titles):
            if element == name and (value := _attributes(inside).get(attribute)):
                found.setdefault((element, attribute), []).append(html.unescape(value))
    located = tuple(one for place in addresses for one in found.get(place, ()))
    return Details(
        title=next((found[place][0] for place in titles if place in found), "")[:MAX_TEXT_CHARS],
        operations=count if holders and is_whole else None,
        servers=listed_addresses(located, url),
    )


def _attributes(inside: str) -> dict[str, str]:
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(inside)}


def _without_comments(text: str) -> str:
    first, *rest = text.split("<!--")
    return first + "".join(part.partition("-->")[2] for part in rest)
