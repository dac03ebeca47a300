"""Reads the members of a JSON object, also of one that was cut off in the middle.

A body is cut at 64 KiB while descriptions of large APIs are longer, so what was read counts: each
member before the cut with its value, and the one the cut fell into with no value. Never raises.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\r\n]*+")
_MAX_MEMBERS: Final = 512
# Half a character stands for none: no text that is stored or sent may have it.
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


class _Cut:
    """The value of a member that the cut fell into."""

    def __repr__(self) -> str:
        return "CUT"


CUT: Final = _Cut()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A JSON object; values of unread members are CUT."""

    members: Mapping[str, Any] = field(default_factory=dict)
    # The object was read to its end.
    is_whole: bool = False


def without_halves(text: str) -> str:
    """Return JSON with U+FFFD for each surrogate without its other half; no place changes."""
    if _HALF.search(text) is None:
        return text
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], text)


def document_in(text: str) -> Document | None:
    """Return the object a text is, or begins with when it was cut; None when it is no object."""
    text = without_halves(text)
    position = _skip(text, 0)
    if not text.startswith("{", position):
        return None
    members: dict[str, Any] = {}
    position = _skip(text, position + 1)
    if text.startswith("}", position):
        return Document(members=members, is_whole=_ends(text, position + 1))
    for _ in range(_MAX_MEMBERS):
        step = _member(text, position, members)
        if step is None:
            return Document(members=members)
        position = step
        if text.startswith("}", position):
            return Document(members=members, is_whole=_ends(text, position + 1))
        if not text.startswith(",", position):
            return Document(members=members)
        position = _skip(text, position + 1)
    return Document(members=members)


def object_at(text: str, position: int) -> Document:
    """Return the object that begins at a place in a text, whatever follows it."""
    text = without_halves(text)
    try:
        value, _ = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return document_in(text[position:]) or Document()
    return Document(members=value, is_whole=True) if isinstance(value, dict) else Document()


def _ends(text: str, position: int) -> bool:
    """Tell whether nothing but space follows."""
    return _skip(text, position) == len(text)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _member(text: str, position: int, members: dict[str, Any]) -> int | None:
    """Read one member and return where the next sign stands, or None where reading ends."""
    try:
        name, position = _DECODER.raw_decode(text, position)
    except (ValueError, RecursionError):
        return None
    position = _skip(text, position)
    if not isinstance(name, str) or not text.startswith(":", position):
        return None
    members[name] = CUT
    try:
        members[name], position = _DECODER.raw_decode(text, _skip(text, position + 1))
    except (ValueError, RecursionError):
        return None
    return _skip(text, position)


def is_object(value: object) -> bool:
    """Tell whether a member is an object, or began as something the cut fell into."""
    return isinstance(value, dict) or value is CUT
