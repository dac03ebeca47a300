"""Decides the kind of a host, how sure that is, and what it would be otherwise.

The rules are told in docs/verdict.md: a host is one thing as a whole, or the kind with the most
points. An API needs more than all that is for browsers together, so documentation beside a website
makes none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from services.prober.facts import HostFacts, OutcomeCode, Owner
from services.prober.judge.documentation import Documentation
from services.prober.judge.findings import Finding
from services.prober.judge.kind import kind_by_redirects, points_of, whole_kind
from services.prober.judge.verdict import Confidence, Kind

# In the order in which a tie is decided.
_FOR_BROWSERS: Final = (Kind.WEBSITE, Kind.SPA, Kind.STATIC_FILES)
_SCORED: Final = (*_FOR_BROWSERS, Kind.API)
_MANY: Final = 5
_SOME: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class KindJudgement:
    """The kind of a host; runner_up is what it would be otherwise, None when there is nothing."""

    kind: Kind
    confidence: Confidence
    runner_up: Kind | None = None


def kind_judgement(
    findings: tuple[Finding, ...], documents: dict[str, Documentation], fqdn: str
) -> KindJudgement:
    """Return the kind of a host that answered HTTP; documents are by the field of their page."""
    points = points_of(findings, documents, fqdn)
    whole = whole_kind(findings)
    if whole is not None:
        kind, confidence = whole
        return KindJudgement(kind=kind, confidence=confidence, runner_up=_next_to(kind, points))
    if not points:
        return _by_redirects(findings)
    kind = _winner(points)
    runner_up = _next_to(kind, points)
    rival = 0 if runner_up is None else points[runner_up]
    return KindJudgement(
        kind=kind,
        confidence=_confidence(points[kind], rival),
        # A shell and a folder are websites too.
        runner_up=runner_up or (Kind.WEBSITE if kind in {Kind.SPA, Kind.STATIC_FILES} else None),
    )


def kind_without_answers(facts: HostFacts, *, reachable: bool) -> KindJudgement:
    """Return the kind of a host that answered no HTTP."""
    if not reachable:
        is_theirs = facts.dns.outcome.owner in {None, Owner.TARGET}
        confidence = Confidence.HIGH if is_theirs and not facts.deadline_hit else Confidence.LOW
        return KindJudgement(kind=Kind.NONE, confidence=confidence)
    if any(port.speaks_http for port in facts.ports):
        return KindJudgement(kind=Kind.NONE, confidence=Confidence.LOW)
    codes = {port.http_outcome.code for port in facts.ports if port.http_outcome is not None}
    spoke_else = OutcomeCode.HTTP_NOT_HTTP in codes
    if OutcomeCode.HTTP_NOT_ASKED in codes and not spoke_else:
        return KindJudgement(kind=Kind.NONE, confidence=Confidence.LOW)
    confidence = Confidence.HIGH if spoke_else else Confidence.LOW
    return KindJudgement(kind=Kind.OTHER_SERVICE, confidence=confidence)


def _winner(points: Mapping[Kind, int]) -> Kind:
    if points.get(Kind.API, 0) > sum(points.get(kind, 0) for kind in _FOR_BROWSERS):
        return Kind.API
    return max(_FOR_BROWSERS, key=lambda kind: points.get(kind, 0))


def _next_to(kind: Kind, points: Mapping[Kind, int]) -> Kind | None:
    others = [other for other in _SCORED if other is not kind and other in points]
    return max(others, key=points.__getitem__, default=None)


def _confidence(points: int, rival: int) -> Confidence:
    if points >= _MANY and points >= 2 * rival:
        return Confidence.HIGH
    return Confidence.MEDIUM if points >= _SOME and points > rival else Confidence.LOW


def _by_redirects(findings: tuple[Finding, ...]) -> KindJudgement:
    kind = kind_by_redirects(findings)
    others: dict[Kind, Kind | None] = {
        Kind.WEBSITE: Kind.REDIRECTOR,
        Kind.REDIRECTOR: Kind.WEBSITE,
    }
    return KindJudgement(kind=kind, confidence=Confidence.LOW, runner_up=others.get(kind))
