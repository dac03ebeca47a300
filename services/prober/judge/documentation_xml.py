"""Tells API descriptions in XML by their root element and its namespace: WSDL, WADL, OData."""

import re
from typing import Final

_HEAD_CHARS: Final = 8192
# The root element after declaration, comments and processing instructions.
_PROLOGUE: Final = re.compile(
    r"\s*+(?:<\?[^>]*+>\s*+|<!--(?:[^-]|-(?!->))*+-->\s*+|<![^>]*+>\s*+)*+"
)
_ROOT: Final = re.compile(r"<(?:([\w.-]{1,64}):)?([\w.-]{1,64})((?:\s[^<>]*+)?)>")
_NAMESPACE: Final = re.compile(
    r"xmlns(?::([\w.-]{1,64}))?\s{0,8}=\s{0,8}(?:\"([^\"<>]{1,256})\"|'([^'<>]{1,256})')"
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
    spaces = {name: double or single for name, double, single in _NAMESPACE.findall(inside)}
    uri = spaces.get(prefix or "", "")
    found = _ROOTS.get((name, uri))
    return (found, f"{name} in {uri}") if found else None
