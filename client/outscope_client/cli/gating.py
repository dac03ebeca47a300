"""Decides a gate: of each target and each condition whether it is met, and how it all ends.

Law: what could not be looked at is never met. Of several endings the one that is decided counts
most: not met, then wrongly asked, then refused, then undecided.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outscope_client.cli.checking import Result
from outscope_client.cli.condition import Condition
from outscope_client.cli.endings import MET, NOT_MET, REFUSED, UNDECIDED, USAGE
from outscope_client.cli.wording import cleaned

_ORDER = (NOT_MET, USAGE, REFUSED, UNDECIDED, MET)


@dataclass(frozen=True)
class Rule:
    """A condition that is required, or forbidden."""

    condition: Condition
    is_forbidden: bool = False

    @property
    def name(self) -> str:
        """How it is told in reports."""
        return f"{'forbid' if self.is_forbidden else 'require'} {self.condition.text}"


@dataclass(frozen=True)
class Finding:
    """What came of one rule at one target."""

    result: Result
    rule: Rule
    ending: int
    message: str


def findings_of(results: Iterable[Result], rules: Sequence[Rule]) -> list[Finding]:
    """Return a finding for each target and each rule, in order."""
    return [_finding(result, rule) for result in results for rule in rules]


def ending_of(findings: Iterable[Finding]) -> int:
    """Return the exit code of it all."""
    endings = {finding.ending for finding in findings}
    return next((ending for ending in _ORDER if ending in endings), UNDECIDED)


def _finding(result: Result, rule: Rule) -> Finding:
    check = result.check
    if check is None or check["status"] != "completed":
        return Finding(result, rule, result.ending, reason_of(result))
    condition = rule.condition
    is_met = not condition.is_seen(check) if rule.is_forbidden else condition.is_met(check)
    return Finding(result, rule, MET if is_met else NOT_MET, condition.observed(check))


def reason_of(result: Result) -> str:
    """Return why a result is no completed check."""
    if result.check is None:
        return cleaned(result.problem)
    failure = result.check.get("failure")
    return cleaned(failure["message"] if failure else f"The check is {result.check['status']}")
