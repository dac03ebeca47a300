"""Tells API descriptions in XML by their root element and its namespace: WSDL, WADL, OData."""

import re
from typing import Final
from xml.parsers import expat

_HEAD_CHARS: Final = 8192
# The root element after declaration, comments and processing instructions.
_PROLOGUE: Final = re.compile(
    r"\s*+(?:<\?[^>]*+>\s*+|<!--(?:[^-]|-(?!->))*+-->\s*+|<![^>]*+>\s*+)*+"
)
_ROOT: Final = re.compile(r"<(?:([\w.-]{1,64}):)?([\w.-]{1,64})((?:\s[^<>]*+)?)>")
# One attribute where the one before it ended: what looks like one inside a value is not one.
_ATTRIBUTE: Final = re.compile(
    r"\s*+([\w.:-]{1,129})\s{0,8}=\s{0,8}(?:\"([^\"<>]*+)\"|'([^'<>]*+)')"
)

# (local name of the root, its namespace) -> what it is.
_ROOTS: Final = {
    ("definitions", "http://schemas.xmlsoap.org/wsdl/"): "wsdl",
    ("description", "http://www.w3.org/ns/wsdl"): "wsdl",
    ("application", "http://wadl.dev.java.net/2009/02"): "wadl",
    ("Edmx", "http://docs.oasis-open.org/odata/ns/edmx"): "odata",
    ("Edmx", "http://schemas.microsoft.com/ado/2007/06/edmx"): "odata",
}


def description_in_xml(text: str) -> tuple[str, str] | None:
    """Return the type of description a text is and what shows it, or None."""
    head = text[:_HEAD_CHARS]
    prologue = _PROLOGUE.match(head)
    root = _ROOT.match(head, prologue.end() if prologue else 0)
    if root is None:
        return None
    prefix, name, inside = root.groups()
    uri = _attributes(inside).get(f"xmlns:{prefix}" if prefix else "xmlns", "")
    found = _ROOTS.get((name, uri))
    return (found, f"{name} in {uri}") if found else None


def is_well_formed(text: str) -> bool:
    """Tell whether a text that was read to its end is XML; of entities nothing is resolved."""
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse_entities
    try:
        parser.Parse(text.strip(), True)
    except _EntitiesError:
        return True  # what may be of any size is not read, and is not called broken
    except (expat.ExpatError, UnicodeError):
        return False
    return True


class _EntitiesError(Exception):
    """A document declares entities, by which a short one becomes as long as it likes."""


def _refuse_entities(*_declaration: object) -> None:
    raise _EntitiesError


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a start tag up to the first thing that is none."""
    found: dict[str, str] = {}
    at = 0
    while (each := _ATTRIBUTE.match(inside, at)) is not None:
        name, double, single = each.groups()
        found[name] = double if single is None else single
        at = each.end()
    return found
