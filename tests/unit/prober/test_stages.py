"""What a check's stages came to is counted once each, by code, owner and vantage point."""

from prometheus_client import REGISTRY

from services.prober.facts import (
    CheckSpec,
    DnsFacts,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    TcpState,
)
from services.prober.stages import count_stages, stages_of

OK = Outcome(code=OutcomeCode.OK, duration_ms=20)
REFUSED = Outcome(code=OutcomeCode.TCP_REFUSED, duration_ms=3)
FACTS = HostFacts(
    spec=CheckSpec(fqdn="site.test"),
    dns=DnsFacts(outcome=OK, a_outcome=OK, aaaa_outcome=OK),
    ports=(
        PortFacts(port=443, state=TcpState.OPEN, tcp_outcome=OK, tls_outcome=OK, http_outcome=OK),
        PortFacts(port=81, state=TcpState.REFUSED, tcp_outcome=REFUSED),
    ),
    paths=(
        PathFacts(path="/", outcome=OK),
        PathFacts(path="/b", outcome=Outcome(code=OutcomeCode.HTTP_NO_ENDPOINT)),
    ),
)


def counted(vantage_point: str, stage: str, code: str, owner: str) -> float | None:
    labels = {"vantage_point": vantage_point, "stage": stage, "code": code, "owner": owner}
    return REGISTRY.get_sample_value("outscope_stage_outcomes_total", labels)


def timed(vantage_point: str, stage: str, part: str) -> float | None:
    labels = {"vantage_point": vantage_point, "stage": stage}
    return REGISTRY.get_sample_value(f"outscope_stage_duration_seconds_{part}", labels)


def test_a_stage_that_was_not_come_to_is_none() -> None:
    assert [stage for stage, _ in stages_of(FACTS)] == ["dns", "tcp", "tls", "tcp", "http", "http"]


def test_an_outcome_is_counted_with_who_has_to_act() -> None:
    count_stages(FACTS, "owners-1", judged_s=0.0)
    assert counted("owners-1", "tcp", "tcp_refused", "target") == 1
    assert counted("owners-1", "tcp", "ok", "nobody") == 1
    assert counted("owners-1", "http", "http_no_endpoint", "target") == 1
    assert counted("owners-2", "tcp", "ok", "nobody") is None


def test_durations_are_seconds_and_leave_out_what_was_never_begun() -> None:
    count_stages(FACTS, "durations-1", judged_s=0.25)
    assert timed("durations-1", "tcp", "count") == 2
    assert timed("durations-1", "tcp", "sum") == 0.023
    assert timed("durations-1", "http", "count") == 1
    assert timed("durations-1", "judge", "sum") == 0.25
