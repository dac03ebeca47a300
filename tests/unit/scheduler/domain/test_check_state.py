import pytest

from services.scheduler.domain.check import CheckStatus
from services.scheduler.domain.check_state import (
    OPEN_PROBE_STATES,
    PROBE_TRANSITIONS,
    ProbeEvent,
    ProbeState,
    state_after,
    states_accepting,
    status_given,
)

QUEUED, PUBLISHED, COMPLETED, FAILED, CANCELLED = ProbeState


@pytest.mark.parametrize(
    ("event", "accepting", "after"),
    [
        (ProbeEvent.JOB_PUBLISHED, {QUEUED, PUBLISHED}, PUBLISHED),
        (ProbeEvent.ATTEMPT_LOST, {QUEUED, PUBLISHED}, QUEUED),
        (ProbeEvent.PUT_OFF, {QUEUED, PUBLISHED}, QUEUED),
        (ProbeEvent.RESULT_REPORTED, {QUEUED, PUBLISHED}, COMPLETED),
        (ProbeEvent.FAILURE_REPORTED, {QUEUED, PUBLISHED}, FAILED),
        (ProbeEvent.GIVEN_UP, {QUEUED, PUBLISHED}, FAILED),
        (ProbeEvent.CANCELLED, {QUEUED, PUBLISHED}, CANCELLED),
    ],
)
def test_an_event_changes_a_probe_only_where_it_is_accepted(
    event: ProbeEvent, accepting: set[ProbeState], after: ProbeState
) -> None:
    assert set(states_accepting(event)) == accepting
    assert state_after(event) is after


def test_an_event_leads_to_one_state_from_wherever_it_is_accepted() -> None:
    for (_, event), after in PROBE_TRANSITIONS.items():
        assert state_after(event) is after


def test_a_final_state_accepts_nothing() -> None:
    assert {state for state, _ in PROBE_TRANSITIONS} == set(OPEN_PROBE_STATES)


@pytest.mark.parametrize(
    ("probes", "status"),
    [
        ([QUEUED], CheckStatus.PENDING),
        ([PUBLISHED], CheckStatus.PENDING),
        ([COMPLETED, PUBLISHED], CheckStatus.PENDING),
        ([FAILED, QUEUED], CheckStatus.PENDING),
        ([COMPLETED], CheckStatus.COMPLETED),
        ([FAILED], CheckStatus.FAILED),
        ([FAILED, COMPLETED], CheckStatus.COMPLETED),
        ([FAILED, FAILED], CheckStatus.FAILED),
        ([CANCELLED], CheckStatus.CANCELLED),
        ([COMPLETED, CANCELLED, FAILED], CheckStatus.CANCELLED),
    ],
)
def test_a_check_ends_with_its_last_probe(probes: list[ProbeState], status: CheckStatus) -> None:
    assert status_given(probes) is status
