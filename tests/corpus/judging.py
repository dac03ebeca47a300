"""Judges each case and tells where the judge differs from the person.

A difference is accepted by a line in accepted.json. A line for what is right now is a fault too:
that list only shrinks.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from services.prober.facts import HostFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import Reason, Verdict
from tests.corpus.case import Case

ACCEPTED: Final = Path(__file__).parent / "accepted.json"
_ROUNDS: Final = 5


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A case, the verdict, and the names of what a person would say otherwise."""

    case: Case
    verdict: Verdict
    differences: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the case."""
        return self.case.name

    @property
    def wanted(self) -> dict[str, Any]:
        """What a person says, by the names that differences have."""
        return wanted_of(self.case)

    @property
    def said(self) -> dict[str, Any]:
        """What the judge said, by the names that differences have."""
        return said_by(self.verdict)

    def __str__(self) -> str:
        wanted = self.wanted
        parts = [
            f"{name} is {self.said.get(name, 'not told')}, not {wanted.get(name, 'without it')}"
            for name in self.differences
        ]
        return f"{self.case}: {'; '.join(parts)} ({self.case.about})"


def judged(case: Case) -> Judged:
    """Return the verdict on a case and its differences."""
    verdict = verdict_for(case.host)
    said = said_by(verdict)
    wanted = wanted_of(case)
    differences = [name for name, value in said.items() if wanted[name] != value]
    if case.decides.rule not in rules_of(verdict.reasons[:1]):
        differences.append("rule")
    if any(mark.rule not in told_rules(verdict) for mark in case.also):
        differences.append("also")
    return Judged(case=case, verdict=verdict, differences=tuple(differences))


def said_by(verdict: Verdict) -> dict[str, Any]:
    """Return what is compared of a verdict."""
    return {
        "analyzability": str(verdict.analyzability),
        "analyzable": verdict.analyzable,
        "kind": str(verdict.kind),
        "auth_detected": verdict.auth_detected,
        "api_doc_detected": verdict.api_doc_detected,
        "reason": verdict.reasons[0].code,
    }


def wanted_of(case: Case) -> dict[str, Any]:
    """Return what a person says, by the names that differences have."""
    expected = case.expected
    return {
        "analyzability": expected.analyzability,
        "analyzable": expected.analyzable,
        "kind": expected.kind,
        "auth_detected": expected.auth_detected,
        "api_doc_detected": expected.api_doc_detected,
        "reason": expected.reason,
        "rule": case.decides.rule,
        "also": ", ".join(mark.rule for mark in case.also),
    }


def rules_of(reasons: Sequence[Reason]) -> frozenset[str]:
    """Return the rules that some reasons are told by."""
    return frozenset(item.rule for reason in reasons for item in reason.evidence)


def told_rules(verdict: Verdict) -> frozenset[str]:
    """Return every rule that anything in a verdict is told by."""
    paths = verdict.authentication.paths if verdict.authentication else ()
    parts = [
        *(reason.evidence for reason in verdict.reasons),
        *(layer.evidence for layer in verdict.layers),
        *(path.evidence for path in paths),
        *(document.evidence for document in verdict.documents),
    ]
    return frozenset(item.rule for evidence in parts for item in evidence)


def median_ms(hosts: Sequence[HostFacts]) -> float:
    """Return the median over the hosts of the time to judge one, in milliseconds of processor."""
    quickest: list[int] = []
    for host in hosts:
        spent: list[int] = []
        for _ in range(_ROUNDS):
            started = time.thread_time_ns()
            verdict_for(host)
            spent.append(time.thread_time_ns() - started)
        quickest.append(sorted(spent)[_ROUNDS // 2])
    return statistics.median(quickest) / 1e6
