"""The life of a probe and of the check it belongs to, as a table of state x event.

Law: an event leads to the same state from wherever it is accepted, and a final state accepts none.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from services.scheduler.domain.check import CheckStatus


class ProbeState(StrEnum):
    """How far a probe is."""

    QUEUED = "queued"  # committed; waits for its turn
    PUBLISHED = "published"  # handed out: its job is on the bus, or about to be
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProbeEvent(StrEnum):
    """What can happen to a probe."""

    JOB_PUBLISHED = "job_published"
    ATTEMPT_LOST = "attempt_lost"
    PUT_OFF = "put_off"
    RESULT_REPORTED = "result_reported"
    FAILURE_REPORTED = "failure_reported"
    GIVEN_UP = "given_up"
    CANCELLED = "cancelled"


PROBE_TRANSITIONS: Final[dict[tuple[ProbeState, ProbeEvent], ProbeState]] = {
    (ProbeState.QUEUED, ProbeEvent.JOB_PUBLISHED): ProbeState.PUBLISHED,
    # A quick prober reports before we have noted that the job was published.
    (ProbeState.QUEUED, ProbeEvent.RESULT_REPORTED): ProbeState.COMPLETED,
    (ProbeState.QUEUED, ProbeEvent.FAILURE_REPORTED): ProbeState.FAILED,
    (ProbeState.QUEUED, ProbeEvent.PUT_OFF): ProbeState.QUEUED,
    (ProbeState.QUEUED, ProbeEvent.ATTEMPT_LOST): ProbeState.QUEUED,
    (ProbeState.QUEUED, ProbeEvent.GIVEN_UP): ProbeState.FAILED,
    (ProbeState.QUEUED, ProbeEvent.CANCELLED): ProbeState.CANCELLED,
    # Handed out, then noted where its job is on the bus.
    (ProbeState.PUBLISHED, ProbeEvent.JOB_PUBLISHED): ProbeState.PUBLISHED,
    (ProbeState.PUBLISHED, ProbeEvent.ATTEMPT_LOST): ProbeState.QUEUED,
    (ProbeState.PUBLISHED, ProbeEvent.PUT_OFF): ProbeState.QUEUED,
    (ProbeState.PUBLISHED, ProbeEvent.RESULT_REPORTED): ProbeState.COMPLETED,
    (ProbeState.PUBLISHED, ProbeEvent.FAILURE_REPORTED): ProbeState.FAILED,
    (ProbeState.PUBLISHED, ProbeEvent.GIVEN_UP): ProbeState.FAILED,
    (ProbeState.PUBLISHED, ProbeEvent.CANCELLED): ProbeState.CANCELLED,
}

OPEN_PROBE_STATES: Final = (ProbeState.QUEUED, ProbeState.PUBLISHED)


def states_accepting(event: ProbeEvent) -> tuple[ProbeState, ...]:
    """Return the states in which an event changes a probe; in all others it is ignored."""
    return tuple(state for state, accepted in PROBE_TRANSITIONS if accepted is event)


def state_after(event: ProbeEvent) -> ProbeState:
    """Return the state an accepted event leads to."""
    return next(after for (_, known), after in PROBE_TRANSITIONS.items() if known is event)


def status_given(probes: Collection[ProbeState]) -> CheckStatus:
    """Return the status of a check whose probes are in these states.

    One vantage point that could look makes the check completed; it failed when none could. A check
    is cancelled as a whole, whatever its other probes had come to.
    """
    if any(state in OPEN_PROBE_STATES for state in probes):
        return CheckStatus.PENDING
    if ProbeState.CANCELLED in probes:
        return CheckStatus.CANCELLED
    if ProbeState.COMPLETED in probes:
        return CheckStatus.COMPLETED
    return CheckStatus.FAILED
