"""Counts what each stage of a check came to, and how long it took, by vantage point.

Law: labels are the names of stages, codes and owners, and never anything that a target says.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from outscope.telemetry.metrics import Counter, Histogram
from services.prober.facts import HostFacts, Outcome, OutcomeCode

STAGE_OUTCOMES: Final = Counter(
    "outscope_stage_outcomes",
    "Stages ended, by outcome and by who has to act: nobody where it is ok.",
    ("vantage_point", "stage", "code", "owner"),
)
STAGE_DURATION_SECONDS: Final = Histogram(
    "outscope_stage_duration_seconds",
    "Time a stage took: of the name, of each port, of each path asked for, and of the judging.",
    ("vantage_point", "stage"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_JUDGE: Final = "judge"
_NOBODY: Final = "nobody"
# Nothing was sent: they would pull the durations down.
_NOT_BEGUN: Final = frozenset(
    {OutcomeCode.HTTP_NO_ENDPOINT, OutcomeCode.HTTP_NOT_ASKED, OutcomeCode.POLICY_REFUSED}
)


def count_stages(facts: HostFacts, vantage_point: str, *, judged_s: float) -> None:
    """Count the stages of one check, which took judged_s seconds to judge."""
    _duration_of(vantage_point, _JUDGE).observe(judged_s)
    for stage, outcome in stages_of(facts):
        _count_of(vantage_point, stage, outcome.code).inc()
        if outcome.code not in _NOT_BEGUN:
            _duration_of(vantage_point, stage).observe(outcome.duration_ms / 1000)


# Both are looked up once: to find a metric by its labels takes longer than to count.
@cache
def _count_of(vantage_point: str, stage: str, code: OutcomeCode) -> Counter:
    owner = Outcome(code=code).owner
    owner_label = owner.value if owner else _NOBODY
    return STAGE_OUTCOMES.labels(vantage_point, stage, code.value, owner_label)


@cache
def _duration_of(vantage_point: str, stage: str) -> Histogram:
    return STAGE_DURATION_SECONDS.labels(vantage_point, stage)


def stages_of(facts: HostFacts) -> Iterator[tuple[str, Outcome]]:
    """Yield dns, then tcp and tls of each port that was come to, then http of each asked path."""
    yield "dns", facts.dns.outcome
    for port in facts.ports:
        yield "tcp", port.tcp_outcome
        if port.tls_outcome is not None:
            yield "tls", port.tls_outcome
    for path in facts.paths:
        yield "http", path.outcome
