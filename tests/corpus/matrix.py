"""Draws how verdicts and expectations go together: the matrices, and what must be reached."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.prober.judge.verdict import Analyzability
from tests.corpus.compared import Compared

_NAMES: Final = ("analyzability", "kind", "auth_detected", "api_doc_detected")
# Percent.
_MOST_UNKNOWN: Final = 2
_KIND_RIGHT: Final = 97
_AUTH_RIGHT: Final = 98
_DOCUMENTATION_RIGHT: Final = 98


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is asked of the judge over a corpus; shares are percentages."""

    cases: int
    # A served page called not analyzable, and a wall called analyzable.
    wrong_no: int
    wrong_yes: int
    # Of the cases where a person decides.
    unknown: float
    kind_right: float
    auth_right: float
    documentation_right: float


def figures(everything: Sequence[Compared]) -> Figures:
    """Count the figures of a corpus."""
    decided = [one for one in everything if one.wanted["analyzability"] != Analyzability.UNKNOWN]
    return Figures(
        cases=len(everything),
        wrong_no=sum(one.wanted["analyzable"] and _says_no(one) for one in everything),
        wrong_yes=sum(_is_walled(one) and one.said["analyzable"] for one in everything),
        unknown=_unknown(decided),
        kind_right=_share(everything, "kind"),
        auth_right=_share(everything, "auth_detected"),
        documentation_right=_share(everything, "api_doc_detected"),
    )


def _says_no(one: Compared) -> bool:
    return bool(one.said["analyzability"] == Analyzability.NOT_ANALYZABLE)


def _is_walled(one: Compared) -> bool:
    return bool(one.wanted["analyzability"] == Analyzability.NOT_ANALYZABLE)


def _unknown(decided: Sequence[Compared]) -> float:
    states = [one.said["analyzability"] for one in decided]
    return 100 * states.count(Analyzability.UNKNOWN) / max(1, len(states))


def _share(everything: Sequence[Compared], name: str) -> float:
    right = sum(name not in one.differences for one in everything)
    return 100 * right / len(everything)


def are_reached(found: Figures) -> bool:
    """Tell whether the figures are what must be reached."""
    return (
        found.wrong_no == found.wrong_yes == 0
        and found.unknown <= _MOST_UNKNOWN
        and found.kind_right >= _KIND_RIGHT
        and found.auth_right >= _AUTH_RIGHT
        and found.documentation_right >= _DOCUMENTATION_RIGHT
    )


def lines_of(found: Figures) -> Iterator[str]:
    """Yield the figures as lines, each with what must be reached."""
    yield f"cases                            {found.cases:6}"
    yield f"served, called not analyzable    {found.wrong_no:6}    (0)"
    yield f"walled, called analyzable        {found.wrong_yes:6}    (0)"
    yield f"unknown where a person decides   {found.unknown:6.1f} %  (at most {_MOST_UNKNOWN})"
    for name, right, least in (
        ("kind right", found.kind_right, _KIND_RIGHT),
        ("authentication right", found.auth_right, _AUTH_RIGHT),
        ("documentation right", found.documentation_right, _DOCUMENTATION_RIGHT),
    ):
        yield f"{name:<33}{right:6.1f} %  (at least {least})"


def matrices(everything: Sequence[Compared]) -> Iterator[str]:
    """Yield one matrix after another: rows are what persons say, columns what the judge says."""
    for name in _NAMES:
        pairs = [(_word(one.wanted[name]), _word(one.said[name])) for one in everything]
        yield from ("", f"{name}: expected (rows) by judged", *_table(pairs))


def _word(value: Any) -> str:  # noqa: ANN401 - a value of a verdict
    return {True: "yes", False: "no"}.get(value, str(value))


def _table(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    counts = Counter(pairs)
    words = sorted({word for pair in pairs for word in pair})
    width = max(map(len, words)) + 2
    yield " " * width + "".join(f"{word:>{width}}" for word in words)
    for row in words:
        cells = (str(counts[row, column] or ".") for column in words)
        yield f"{row:<{width}}" + "".join(f"{cell:>{width}}" for cell in cells)
