"""Reads the marks of a rule as the pack writes them, and says what is wrong with one: pure.

A mark is what it looks at, and at most one way to compare; a pattern stands beside the text that it
cannot match without, so that an answer without that text costs it nothing.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from services.prober.judge.pack_patterns import fault_in
from services.prober.judge.rule import How, Mark, Where

_HEADERS: Final = "headers."
_HEADER: Final = re.compile(r"headers\.[a-z0-9_-]+\*?")
_COOKIES: Final = "cookies"
_PLACES: Final = MappingProxyType(
    {
        _COOKIES: Where.COOKIE,
        "title": Where.TITLE,
        "body": Where.BODY,
        "reason": Where.REASON,
        "location": Where.LOCATION,
    }
)
# What is always there, so that to be there says nothing.
_COMPARED: Final = frozenset({*_PLACES})
_WAYS: Final = frozenset({How.IS, How.IS_NOT, How.BEGINS, How.CONTAINS, How.MATCHES})
_OF_HEADERS: Final = frozenset({How.IS_NOT})
_OF_BODIES: Final = frozenset({How.CONTAINS, How.MATCHES})
_MAX_CHARS: Final = 200


def fault_of_marks(value: object) -> str:
    """Return what is wrong with a list of marks and what to write instead."""
    if not isinstance(value, list) or not value:
        return "it has no marks; write at least one in brackets, or leave it out"
    for number, mark in enumerate(value):
        fault = (
            _fault_of(mark) if isinstance(mark, dict) else "it is no mark; write { looks_at = … }"
        )
        if fault:
            return f"mark {number + 1}: {fault}"
    return ""


def _fault_of(mark: Mapping[str, Any]) -> str:
    place = mark.get("looks_at")
    if not isinstance(place, str) or not (place in _PLACES or _HEADER.fullmatch(place)):
        names = ", ".join(["headers.<name>", *_PLACES])
        return f"looks_at is {place!r}; write one of: {names}"
    ways = set(mark) - {"looks_at"}
    if unknown := sorted(ways - _WAYS):
        return f"nothing is called {unknown[0]!r}; write one of: {', '.join(sorted(_WAYS))}"
    if How.MATCHES in ways and ways != {How.MATCHES, How.CONTAINS}:
        return "beside matches stands contains, a text that it cannot match without; write both"
    if len(ways) > 1 and How.MATCHES not in ways:
        return f"it compares in {len(ways)} ways; write one"
    return _fault_of_place(place, ways) or _fault_of_texts(mark, ways)


def _fault_of_place(place: str, ways: set[str]) -> str:
    if not ways and place in _COMPARED:
        return f"it does not say what of the {place}; write how to compare, such as contains"
    if place == "body" and not ways <= _OF_BODIES:
        return "a body is too long to be compared as a whole; write contains"
    if ways & _OF_HEADERS and place in _COMPARED:
        return f"is_not of the {place} is true of nearly everything; write it of a header only"
    return ""


def _fault_of_texts(mark: Mapping[str, Any], ways: set[str]) -> str:
    for way in sorted(ways):
        text = mark[way]
        if not isinstance(text, str) or len(text) > _MAX_CHARS:
            return f"{way} is no text of at most {_MAX_CHARS} characters; write one"
        if way == How.MATCHES:
            if fault := fault_in(text):
                return f"matches: {fault}"
        elif text != text.lower():
            return f"{way} has capitals, and texts are compared in lower case; write it so"
        elif not text and way != How.IS:
            return f"{way} is empty, so it is true of everything; write a text"
    return ""


def mark_of(written: Mapping[str, Any]) -> Mark:
    """Return a mark that nothing is wrong with as the judge uses it."""
    place = str(written["looks_at"])
    name = place.removeprefix(_HEADERS) if place.startswith(_HEADERS) else ""
    way = next((way for way in How if way in written and way != How.CONTAINS), None)
    how = way or (How.CONTAINS if How.CONTAINS in written else How.PRESENT)
    pattern = written.get(How.MATCHES)
    return Mark(
        where=Where.HEADER if name else _PLACES[place],
        how=how,
        text=written.get(How.CONTAINS if pattern else how, ""),
        name=name,
        pattern=re.compile(pattern) if pattern else None,
    )
