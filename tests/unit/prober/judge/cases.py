"""One recorded shape with the verdict a person would give, and the checks every shape passes."""

from dataclasses import dataclass, replace
from typing import Any

from services.prober.facts import HostFacts, PathFacts
from services.prober.judge.decide import verdict_for
from services.prober.judge.verdict import MAX_VALUE_CHARS, Category, Evidence, Verdict
from tests.unit.prober.judge.shapes import host

_TAKEN_AWAY: dict[str, dict[str, Any]] = {
    # No rule has this status.
    "status_code": {"status": 599},
    "body": {"body": b""},
    "title": {"title": ""},
    "reason": {"reason": ""},
    "location": {"location": ""},
    "path": {"path": "/"},
}


# What leaves open whether there is an application; every other "no" is a definite one.
_OPEN = frozenset(
    {
        *("ambiguous", "conflicting_answers", "denied_alike", "redirect_loop"),
        *("redirect_not_followed", "redirect_refused", "served_for_robots", "unfinished_answer"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A recorded shape and its verdict; rule is the one that must decide."""

    name: str
    facts: HostFacts | PathFacts
    analyzable: bool
    code: str
    rule: str
    kind: str = "none"
    auth: bool = False
    doc: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def host(self) -> HostFacts:
        return self.facts if isinstance(self.facts, HostFacts) else host(self.facts)


def check(case: Case) -> Verdict:
    """Judge a case and compare all that it says."""
    verdict = verdict_for(case.host)
    said = (
        verdict.reasons[0].code,
        verdict.analyzable,
        str(verdict.kind),
        verdict.auth_detected,
        verdict.api_doc_detected,
    )
    assert said == (case.code, case.analyzable, case.kind, case.auth, case.doc), verdict
    assert case.rule in {item.rule for item in verdict.reasons[0].evidence}, verdict.reasons[0]
    assert verdict.analyzability == state_of(case), verdict
    for reason in verdict.reasons:
        assert reason.message.endswith(".")
        assert reason.category in Category
        assert "{" not in reason.message
        assert reason.evidence
        assert all(len(item.value) <= MAX_VALUE_CHARS for item in reason.evidence)
    return verdict


def state_of(case: Case) -> str:
    """Return the state that follows from what a person would say."""
    if case.analyzable:
        return "analyzable"
    return "unknown" if case.code in _OPEN else "not_analyzable"


def check_each_field_matters(case: Case) -> None:
    """Take each matched field away in turn: the rule must no longer be what decides."""
    verdict = verdict_for(case.host)
    matched = [item for item in verdict.reasons[0].evidence if item.rule == case.rule]
    assert matched
    for item in matched:
        changed = verdict_for(without(case.host, item))
        rules = {one.rule for reason in changed.reasons[:1] for one in reason.evidence}
        assert case.rule not in rules, f"{case.name} does not depend on {item.field}"


def without(facts: HostFacts, evidence: Evidence) -> HostFacts:
    """Return the facts without the one field a piece of evidence points to."""
    place, _, field = evidence.field.partition(".")
    index = int(place.removeprefix("paths[").removesuffix("]"))
    path = _path_without(facts.paths[index], field)
    return replace(facts, paths=(*facts.paths[:index], path, *facts.paths[index + 1 :]))


def _path_without(path: PathFacts, field: str) -> PathFacts:
    if field.startswith("headers."):
        name = field.removeprefix("headers.")
        return replace(path, headers=tuple(pair for pair in path.headers if pair[0] != name))
    return replace(path, **_TAKEN_AWAY[field])
