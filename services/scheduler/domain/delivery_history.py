"""What is told of a delivery to the owner of its webhook: how far it is, and how attempts went."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.scheduler.domain.delivery import DeliveryState


class DeliveryStatus(StrEnum):
    """How far a delivery is, as its owner sees it: which way it waits is ours."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"


STATES_SHOWN_AS: Final[dict[DeliveryStatus, tuple[DeliveryState, ...]]] = {
    DeliveryStatus.PENDING: (DeliveryState.WAITING, DeliveryState.PUBLISHED),
    DeliveryStatus.DELIVERED: (DeliveryState.DELIVERED,),
    DeliveryStatus.FAILED: (DeliveryState.FAILED,),
    DeliveryStatus.HELD: (DeliveryState.HELD,),
}
_SHOWN: Final = {state: status for status, states in STATES_SHOWN_AS.items() for state in states}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedAttempt:
    """How one attempt went, as it was recorded."""

    attempt: int
    attempted_at: datetime
    duration_ms: int
    # None when no HTTP answer came.
    status_code: int | None
    # Empty on success.
    error: str
    # The beginning of what the endpoint answered, as text.
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """A delivery and its latest attempts, newest first."""

    id: str
    message_id: str
    event_type: str
    event_at: datetime
    # None: the event is not of a check.
    check_id: str | None
    # None in rows of a version without it.
    sequence: int | None
    state: DeliveryState
    # None when none is due.
    next_attempt_at: datetime | None
    ended_at: datetime | None
    attempts: tuple[RecordedAttempt, ...] = ()

    @property
    def status(self) -> DeliveryStatus:
        """How far it is."""
        return _SHOWN[self.state]
