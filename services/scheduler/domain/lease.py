"""Decides what to do with a probe or delivery that is due a look: publish, ask, wait or give up.

That an attempt is lost is told in one of three ways. The bus says so when nobody has spoken for a
job for some seconds; a prober does of one that it cannot carry out; and a job that the bus lost
itself is found gone: when the bus may have lost something, and in any case when its lease ends.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from outscope.failures import FailureReason
from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import Failure, Owner
from services.scheduler.domain.check_state import ProbeState

# How long a published job may go without a report before we look where it is.
LEASE_S: Final = 60.0
# How long after its commit a job is left to the process that committed it.
PUBLISH_GRACE_S: Final = 2.0
# How long a claimed row is left to the process that claimed it.
CLAIM_S: Final = 5.0
MAX_ATTEMPTS: Final = 3


class Step(StrEnum):
    """What a due probe needs."""

    PUBLISH = "publish"
    LOOK_FOR_JOB = "look_for_job"
    END_AT_DEADLINE = "end_at_deadline"


def step_for(state: ProbeState, *, now: datetime, deadline_at: datetime) -> Step:
    """Return what an open probe that is due needs."""
    if now >= deadline_at:
        return Step.END_AT_DEADLINE
    return Step.PUBLISH if state is ProbeState.QUEUED else Step.LOOK_FOR_JOB


def may_try_again(attempt: int, postponements: int) -> bool:
    """Tell whether another attempt is allowed after this one was lost; those put off count not."""
    return attempt - postponements < MAX_ATTEMPTS


def deadline_failure(vantage_point: str, deadline_s: float) -> Failure:
    """Return the failure of a check that nobody answered in time."""
    return Failure(
        reason=FailureReason.DEADLINE_EXCEEDED.value,
        owner=Owner.OURS,
        message=f"No prober of {vantage_point} answered within {deadline_s:g} seconds.",
    )


def budget_failure(fqdn: str, used_up: BudgetKind, limit: int, deadline_s: float) -> Failure:
    """Return the failure of a check whose target might not be asked until its deadline."""
    target = fqdn if used_up is BudgetKind.HOST else f"an address of {fqdn}"
    return Failure(
        reason=FailureReason.TARGET_BUDGET.value,
        owner=Owner.POLICY,
        message=(
            f"All checks of this installation together may send {limit} requests a minute to "
            f"{target}; none were left for this check within {deadline_s:g} seconds. Check it less "
            f"often or later, or have the operator raise OUTSCOPE_TARGET_BUDGET_{used_up.name}."
        ),
    )


def attempts_failure(vantage_point: str) -> Failure:
    """Return the failure of a check whose every attempt was lost."""
    return Failure(
        reason=FailureReason.ATTEMPTS_EXHAUSTED.value,
        owner=Owner.OURS,
        message=f"{MAX_ATTEMPTS} attempts were lost by the probers of {vantage_point}.",
    )
