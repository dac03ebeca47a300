"""Text of strangers, as it may be shown: nothing in it moves a cursor or makes a link."""

from __future__ import annotations

import re

_MARKS = re.compile(r"([\\`*_\[\]<>|#~!])")


def cleaned(text: object) -> str:
    """Return text without what could move the cursor or hide text in a terminal."""
    return "".join(one if one.isprintable() else "\ufffd" for one in str(text))


def shortened(text: object, most: int) -> str:
    """Return at most so many characters of cleaned text."""
    shown = cleaned(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}\u2026"


def in_markdown(text: object) -> str:
    """Return cleaned text that means nothing else in Markdown."""
    return _MARKS.sub(r"\\\1", cleaned(text))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
