"""Counts who is named right in front of the hosts of the corpus: by the judge, and by wafw00f."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tests.corpus.judging import Judged
from tests.corpus.vendors import vendors_named

# The groups that are about somebody in front.
GROUPS: Final = frozenset({"challenge", "block", "rate_limit", "presence"})


@dataclass(frozen=True, kw_only=True)
class Tally:
    """How often a side was right; each case counts once."""

    # Named who is there, and nobody else.
    right: int = 0
    # Named somebody who is not there.
    wrong: int = 0
    # Named nobody, or not all.
    missed: int = 0
    # Named somebody where nobody is.
    false_alarms: int = 0


def tally(everything: Iterable[Judged], named_by: Callable[[Judged], frozenset[str]]) -> Tally:
    """Count what one side names over the cases that had an answer."""
    counts = dict.fromkeys(("right", "wrong", "missed", "false_alarms"), 0)
    for one in everything:
        if not any(path.status is not None for path in one.case.host.paths):
            continue
        expected = frozenset(one.case.expected.vendors)
        named = named_by(one)
        if not expected:
            counts["false_alarms"] += bool(named)
        elif one.case.group in GROUPS:
            counts[_verdict(expected, named)] += 1
    return Tally(**counts)


def _verdict(expected: frozenset[str], named: frozenset[str]) -> str:
    if named - expected:
        return "wrong"
    return "right" if named == expected else "missed"


def with_known_vendors(everything: Iterable[Judged], known: frozenset[str]) -> tuple[Judged, ...]:
    """Return the cases with nobody in front whom a side cannot know."""
    return tuple(one for one in everything if known.issuperset(one.case.expected.vendors))


def by_the_judge(one: Judged) -> frozenset[str]:
    """Return who the judge names."""
    return vendors_named(one.verdict)


def compared_hosts(everything: Iterable[Judged]) -> tuple[int, int]:
    """Return how many hosts have somebody in front to be named, and how many have nobody."""
    answered = [j for j in everything if any(p.status is not None for p in j.case.host.paths)]
    with_vendor = [j for j in answered if j.case.expected.vendors and j.case.group in GROUPS]
    return len(with_vendor), sum(not j.case.expected.vendors for j in answered)
