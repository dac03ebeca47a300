"""Text of strangers, as it may be shown: nothing in it moves a cursor or makes a link."""

from __future__ import annotations

import json
import re

_MARKS = re.compile(r"([\\`*_\[\]<>|#~!&])")
# What forges make links of although it is escaped: addresses, and mentions of people and issues.
_LINKED = re.compile(r":(?=//)|www(?=\.)|[@#!~$%&](?=\w)", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def cleaned(text: object) -> str:
    """Return text without what could move the cursor or hide text in a terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(text))


def cleaned_lines(text: object) -> str:
    """Return text of several lines, each of them cleaned."""
    return "\n".join(map(cleaned, str(text).split("\n")))


def shortened(text: object, most: int) -> str:
    """Return at most so many characters of cleaned text."""
    shown = cleaned(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}\u2026"


def escaped_json(document: str) -> str:
    """Return a JSON document that says the same, with nothing in it that a terminal acts on."""
    return "".join(
        one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in document
    )


def in_markdown(text: object) -> str:
    """Return cleaned text that means nothing else in Markdown, and of which nothing is a link.

    A word joiner, which shows as nothing, keeps apart what would be an address or a mention.
    Source: GitHub Flavored Markdown, 6.9 "Autolinks (extension)"; forges look for mentions in what
    is rendered, where no backslash is left.
    """
    parted = _LINKED.sub(lambda found: found[0] + _WORD_JOINER, cleaned(text))
    return _MARKS.sub(r"\\\1", parted)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
