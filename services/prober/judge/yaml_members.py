"""Reads the members of a YAML mapping by their indentation: as much as descriptions of APIs use.

No YAML parser: no anchors, no tags, no documents beside the first. What is not understood has the
value CUT, as what was cut off has. Never raises, and looks at every line a bounded number of times.
"""

import json
from typing import Any, Final

from services.prober.judge.json_members import CUT, without_halves

# As deep as what an operation of a path says; what lies beneath is passed.
_MAX_DEPTH: Final = 4
_MAX_LINES: Final = 8192
# Comments, directives, the marks of documents.
_SILENT_LINES: Final = ("#", "%", "---", "...")
_BLOCK_SIGNS: Final = ("|", ">")
_FLOW_SIGNS: Final = ("{", "[")
# Anchors, aliases and tags.
_UNREAD_SIGNS: Final = ("&", "*", "!")


def members_in_yaml(text: str) -> dict[str, Any]:
    """Return the members of the mapping a text is; of anything else nothing."""
    reading = _Reading(text)
    value = reading.node(0) if reading.indents else {}
    return value if isinstance(value, dict) else {}


class _Reading:
    """Goes through the lines that say something once, from the first to the last."""

    def __init__(self, text: str) -> None:
        self.indents: list[int] = []
        self._texts: list[str] = []
        self._at = 0
        for line in text.splitlines()[:_MAX_LINES]:
            content = line.strip()
            if content and not content.startswith(_SILENT_LINES):
                self.indents.append(len(line) - len(line.lstrip(" ")))
                self._texts.append(content)

    def node(self, depth: int) -> Any:  # noqa: ANN401 - any value of YAML
        """Read the mapping or the list whose first line comes next."""
        indent = self.indents[self._at]
        if depth >= _MAX_DEPTH:
            self._pass_from(indent)
            return CUT
        if _is_item(self._texts[self._at]):
            return self._items(indent, depth)
        return self._mapping(indent, depth)

    def _mapping(self, indent: int, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while (line := self._next(indent)) is not None and not _is_item(line):
            self._at += 1
            key, value = _pair(line)
            if key is not None:
                members.setdefault(key, self._value(value, indent, depth))
        return members

    def _items(self, indent: int, depth: int) -> list[Any]:
        items: list[Any] = []
        while (line := self._next(indent)) is not None and _is_item(line):
            content = line[1:].lstrip()
            if content and (_is_item(content) or _pair(content)[0] is not None):
                # The mapping or list of an item begins behind its dash.
                self.indents[self._at] = indent + len(line) - len(content)
                self._texts[self._at] = content
                items.append(self.node(depth + 1))
                continue
            self._at += 1
            items.append(self._value(content, indent, depth))
        return items

    def _value(self, value: str, indent: int, depth: int) -> Any:  # noqa: ANN401 - any value of YAML
        """Return what stands behind a key, or beneath it."""
        if value and not value.startswith("#"):
            return _scalar(value)
        if self._at < len(self.indents):
            there = self.indents[self._at]
            if there > indent or (there == indent and _is_item(self._texts[self._at])):
                return self.node(depth + 1)
        return None

    def _next(self, indent: int) -> str | None:
        """Return the next line of this indentation; None when what follows belongs further out."""
        self._pass_from(indent + 1)
        is_there = self._at < len(self.indents) and self.indents[self._at] == indent
        return self._texts[self._at] if is_there else None

    def _pass_from(self, indent: int) -> None:
        """Pass the lines that are indented at least so far."""
        indents, at = self.indents, self._at
        while at < len(indents) and indents[at] >= indent:
            at += 1
        self._at = at


def _is_item(line: str) -> bool:
    return line.startswith("- ") or line == "-"


def _pair(text: str) -> tuple[str | None, str]:
    """Return the key of a line, None when it has none, and what stands behind it."""
    key, colon, value = text.partition(": ")
    if not colon:
        if not text.endswith(":"):
            return None, ""
        key, value = text[:-1], ""
    return key.strip().strip("\"'"), value.strip()


def _scalar(text: str) -> Any:  # noqa: ANN401 - any value of YAML
    if text.startswith((*_BLOCK_SIGNS, *_UNREAD_SIGNS)):
        return CUT
    if text.startswith(_FLOW_SIGNS):
        try:
            return json.loads(without_halves(text))
        except (ValueError, RecursionError):
            return CUT
    if text[0] in "\"'":
        return text[1:].partition(text[0])[0]
    return text.partition(" #")[0].rstrip()
