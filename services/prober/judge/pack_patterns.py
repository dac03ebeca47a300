"""Tells whether a pattern of the rule pack has a bound on its work, whatever text it meets: pure.

Law: refused is what repeats without an end, what repeats something that repeats or chooses, and
what has more ways to match from one place than are tried in no time. So no answer of a target can
make a rule slow.
"""

import re
from typing import Final

MAX_CHARS: Final = 200
MAX_REPEATS: Final = 256
# From one place: the product of what each repetition and each choice leaves open.
MAX_WAYS: Final = 1024

_TOKEN: Final = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:[^\]\\]|\\.)*+\])|(?P<open>\((?:\?(?::|<?[=!]))?)"
    r"|(?P<close>\))|(?P<choice>\|)|(?P<bounds>\{\d{1,4}(?:,\d{0,4})?\})[?+]?|(?P<maybe>\?)"
    r"|(?P<endless>[*+])|(?P<other>.)",
    re.DOTALL,
)
_ENDLESS: Final = "it repeats without an end; write how often, such as {0,64}"
_NESTED: Final = "it repeats what repeats or chooses inside; write it out without the outer one"
_SPECIAL: Final = "it has a group or a reference of a kind that is not used here; use (?:…)"


def fault_in(pattern: str) -> str:
    """Return what is wrong with a pattern and what to do about it; empty when nothing is."""
    if not pattern or len(pattern) > MAX_CHARS:
        return f"it has none or over {MAX_CHARS} characters; look for something else"
    if any(char.isupper() for char in re.sub(r"\\.", "", pattern)):
        return "it has capitals, and texts are compared in lower case; write it in lower case"
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        return f"it is no pattern ({error}); correct it"
    return _Walk().over(pattern)


class _Walk:
    """What is known of a pattern up to a place in it."""

    def __init__(self) -> None:
        self._ways = 1
        # Of each open group: how many choices it has, and whether it repeats or chooses inside.
        self._choices = [1]
        self._is_open = [False]
        # The last thing was a group that does.
        self._ended_open = False

    def over(self, pattern: str) -> str:
        """Return what is wrong with a pattern that compiles; empty when nothing is."""
        for token in _TOKEN.finditer(pattern):
            fault = self._take(token.lastgroup or "", token.group(), pattern[token.end() :])
            if fault:
                return fault
        ways = self._ways * self._choices[0]
        return f"it can match in {ways} ways, over {MAX_WAYS}; bound it" if ways > MAX_WAYS else ""

    def _take(self, kind: str, text: str, rest: str) -> str:
        ended_open, self._ended_open = self._ended_open, False
        match kind:
            case "escape":
                return _SPECIAL if text[1].isdigit() else ""
            case "open":
                self._choices.append(1)
                self._is_open.append(False)
                return _SPECIAL if text == "(" and rest.startswith("?") else ""
            case "close":
                self._close()
            case "choice":
                self._choices[-1] += 1
                self._is_open[-1] = True
            case "maybe":
                self._ways *= 2
                self._is_open[-1] = True
            case "endless":
                return _ENDLESS
            case "bounds":
                return self._repeat(text, is_nested=ended_open)
        return ""

    def _close(self) -> None:
        self._ways *= self._choices.pop()
        self._ended_open = self._is_open.pop()
        self._is_open[-1] |= self._ended_open

    def _repeat(self, bounds: str, *, is_nested: bool) -> str:
        least, comma, most = bounds.strip("{}?+").partition(",")
        if comma and not most:
            return _ENDLESS
        highest = int(most or least)
        if highest > MAX_REPEATS:
            return f"it repeats up to {highest} times, over {MAX_REPEATS}; write fewer"
        if is_nested:
            return _NESTED
        self._ways *= highest - int(least) + 1
        self._is_open[-1] |= highest != int(least)
        return ""
