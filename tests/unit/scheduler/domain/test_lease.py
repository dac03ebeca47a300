from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import Owner
from services.scheduler.domain.check_state import ProbeState
from services.scheduler.domain.lease import (
    MAX_ATTEMPTS,
    Step,
    attempts_failure,
    budget_failure,
    deadline_failure,
    may_try_again,
    step_for,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("state", "deadline_at", "step"),
    [
        (ProbeState.QUEUED, LATER, Step.PUBLISH),
        (ProbeState.PUBLISHED, LATER, Step.LOOK_FOR_JOB),
        (ProbeState.QUEUED, NOW, Step.END_AT_DEADLINE),
        (ProbeState.PUBLISHED, NOW, Step.END_AT_DEADLINE),
    ],
)
def test_a_due_probe_is_published_looked_for_or_ended(
    state: ProbeState, deadline_at: datetime, step: Step
) -> None:
    assert step_for(state, now=NOW, deadline_at=deadline_at) is step


def test_three_attempts_are_made() -> None:
    assert MAX_ATTEMPTS == 3
    assert [may_try_again(attempt, 0) for attempt in (1, 2, 3)] == [True, True, False]


def test_an_attempt_that_was_put_off_is_none() -> None:
    assert [may_try_again(attempt, 100) for attempt in (101, 102, 103)] == [True, True, False]


@pytest.mark.parametrize(
    ("used_up", "target"),
    [(BudgetKind.HOST, "to a.example;"), (BudgetKind.ADDRESS, "to an address of a.example;")],
)
def test_a_used_up_budget_is_policy_and_says_which_and_what_to_do(
    used_up: BudgetKind, target: str
) -> None:
    failure = budget_failure("a.example", used_up, 60, 300.0)
    assert (failure.reason, failure.owner) == ("target_budget", Owner.POLICY)
    assert f"60 requests a minute {target}" in failure.message
    assert "within 300 seconds" in failure.message
    assert f"OUTSCOPE_TARGET_BUDGET_{used_up.name}" in failure.message


def test_giving_up_is_our_failure_and_says_where() -> None:
    for failure in (deadline_failure("eu-west-1", 300.0), attempts_failure("eu-west-1")):
        assert failure.owner is Owner.OURS
        assert "eu-west-1" in failure.message
    assert deadline_failure("x", 300.0).message == "No prober of x answered within 300 seconds."
    assert deadline_failure("x", 1.5).reason == "deadline_exceeded"
    assert attempts_failure("x").reason == "attempts_exhausted"
