"""The life of a webhook delivery: a table of state x event, and when to try again.

Law: an event leads to the same state from wherever it is accepted, and a state that is neither open
nor held accepts none but to be replayed.
Source of the schedule: Standard Webhooks 1.0.0, "Deliverability and reliability".
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from outscope.limits import MAX_RETRY_AFTER_S


class DeliveryState(StrEnum):
    """How far a delivery is."""

    WAITING = "waiting"  # for its next attempt to be due, and for its turn
    PUBLISHED = "published"  # handed out
    DELIVERED = "delivered"
    FAILED = "failed"
    HELD = "held"  # its webhook is disabled; kept to be replayed


class DeliveryEvent(StrEnum):
    """What can happen to a delivery."""

    JOB_PUBLISHED = "job_published"
    ATTEMPT_SUCCEEDED = "attempt_succeeded"
    ATTEMPT_FAILED = "attempt_failed"
    GIVEN_UP = "given_up"
    PUT_ON_HOLD = "put_on_hold"
    REPLAYED = "replayed"


DELIVERY_TRANSITIONS: Final[dict[tuple[DeliveryState, DeliveryEvent], DeliveryState]] = {
    (DeliveryState.WAITING, DeliveryEvent.JOB_PUBLISHED): DeliveryState.PUBLISHED,
    # Handed out, and then noted as published.
    (DeliveryState.PUBLISHED, DeliveryEvent.JOB_PUBLISHED): DeliveryState.PUBLISHED,
    # A quick notifier reports before we have noted that the job was published.
    (DeliveryState.WAITING, DeliveryEvent.ATTEMPT_SUCCEEDED): DeliveryState.DELIVERED,
    (DeliveryState.WAITING, DeliveryEvent.ATTEMPT_FAILED): DeliveryState.WAITING,
    (DeliveryState.WAITING, DeliveryEvent.GIVEN_UP): DeliveryState.FAILED,
    (DeliveryState.PUBLISHED, DeliveryEvent.ATTEMPT_SUCCEEDED): DeliveryState.DELIVERED,
    (DeliveryState.PUBLISHED, DeliveryEvent.ATTEMPT_FAILED): DeliveryState.WAITING,
    (DeliveryState.PUBLISHED, DeliveryEvent.GIVEN_UP): DeliveryState.FAILED,
    (DeliveryState.WAITING, DeliveryEvent.PUT_ON_HOLD): DeliveryState.HELD,
    (DeliveryState.PUBLISHED, DeliveryEvent.PUT_ON_HOLD): DeliveryState.HELD,
    # An attempt was under way when the webhook was disabled.
    (DeliveryState.HELD, DeliveryEvent.ATTEMPT_SUCCEEDED): DeliveryState.DELIVERED,
    (DeliveryState.HELD, DeliveryEvent.PUT_ON_HOLD): DeliveryState.HELD,
    (DeliveryState.HELD, DeliveryEvent.GIVEN_UP): DeliveryState.FAILED,
    (DeliveryState.HELD, DeliveryEvent.REPLAYED): DeliveryState.WAITING,
    (DeliveryState.FAILED, DeliveryEvent.REPLAYED): DeliveryState.WAITING,
    (DeliveryState.DELIVERED, DeliveryEvent.REPLAYED): DeliveryState.WAITING,
}

OPEN_DELIVERY_STATES: Final = (DeliveryState.WAITING, DeliveryState.PUBLISHED)
# In which the report of the current attempt is recorded.
RECORDABLE_STATES: Final = (*OPEN_DELIVERY_STATES, DeliveryState.HELD)

# Before attempt 1, 2, …: in all about 75 hours.
ATTEMPT_DELAYS_S: Final = (
    *(0.0, 5.0, 300.0, 1800.0, 7200.0),
    *(5 * 3600.0, 10 * 3600.0, 14 * 3600.0, 20 * 3600.0, 24 * 3600.0),
)
# Where a schedule begins that allows one attempt, the first.
ONLY_ATTEMPT_FROM: Final = 1 - len(ATTEMPT_DELAYS_S)
JITTER: Final = 0.2
# What the notifier reports when the network policy forbids the address: it will not change by
# itself, and asking again only tells the owner of the webhook more about our network.
_REFUSED_TARGET: Final = "target_refused"
_LOST_ATTEMPT: Final = "attempt_lost"
# What failed on our side.
OUR_ERRORS: Final = frozenset({_LOST_ATTEMPT, "internal", "egress_failed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """A delivery about to be stored: one per event and webhook."""

    id: str
    webhook_id: str
    check_id: str
    event_type: str
    # The webhook-id header, the same on every attempt.
    message_id: str
    # Rises by one from delivery to delivery of a webhook.
    sequence: int | None = None
    # JSON: what an event tells that is not of a check; check_id is then its own id.
    detail: str | None = None
    state: DeliveryState = DeliveryState.WAITING
    schedule_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryJob:
    """The next attempt at a delivery."""

    delivery_id: str
    attempt: int
    # How often the delivery was made due again by hand.
    replays: int = 0
    # The trace in which the check was asked for; None when it tells of none.
    traceparent: str | None = None

    @property
    def message_id(self) -> str:
        """The id under which the bus drops a second copy of this attempt."""
        again = f"-{self.replays}" if self.replays else ""
        return f"{self.delivery_id}-{self.attempt}{again}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDelivery:
    """What the notifier asks about a delivery."""

    account_id: str
    check_id: str
    attempt: int
    state: DeliveryState
    message_id: str
    event_type: str
    event_at: datetime
    url: str
    secret: str
    # False while the webhook is disabled.
    is_enabled: bool
    sequence: int | None = None
    # JSON, of an event that is not of a check.
    detail: str | None = None
    # Rotated away and signing still; like secret sealed when keys are configured.
    old_secrets: tuple[str, ...] = ()
    # Of the signature v1a; None: there is none. Sealed as the secret is.
    signing_key: str | None = None
    # Custom headers as a JSON object, sealed as the secret is; None: there are none.
    headers: str | None = None
    # Send the ids of the check instead of the check.
    is_thin: bool = False
    # Of the request that asked for the check.
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """How one attempt at a delivery went, as the notifier told it."""

    delivery_id: str
    attempt: int
    attempted_at: datetime
    duration_ms: int
    # None when no HTTP answer came.
    status_code: int | None
    # Stable, snake_case; empty on success.
    error: str
    retry_after_s: int | None
    # The beginning of what the endpoint answered, as text.
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedDelivery:
    """A delivery whose current attempt may be recorded."""

    attempt: int
    webhook_id: str
    state: DeliveryState
    schedule_from: int
    event_type: str
    event_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequel:
    """What follows an attempt."""

    event: DeliveryEvent
    # Until the next attempt; 0 when there is none.
    delay_s: float = 0.0
    disables_webhook: bool = False


def delivery_states_accepting(event: DeliveryEvent) -> tuple[DeliveryState, ...]:
    """Return the states in which an event changes a delivery; in all others it is ignored."""
    return tuple(state for state, accepted in DELIVERY_TRANSITIONS if accepted is event)


def delivery_state_after(event: DeliveryEvent) -> DeliveryState:
    """Return the state an accepted event leads to."""
    return next(after for (_, known), after in DELIVERY_TRANSITIONS.items() if known is event)


def is_success(attempt: Attempt) -> bool:
    """Tell whether the endpoint took the delivery."""
    status = attempt.status_code
    return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def sequel_of(attempt: Attempt, *, jitter: float, schedule_from: int = 0) -> Sequel:
    """Return what follows an attempt; jitter is a random number between 0 and 1.

    schedule_from is the number of the attempt after which the schedule began.
    """
    if is_success(attempt):
        return Sequel(event=DeliveryEvent.ATTEMPT_SUCCEEDED)
    if attempt.status_code == HTTPStatus.GONE:
        return Sequel(event=DeliveryEvent.GIVEN_UP, disables_webhook=True)
    made = attempt.attempt - schedule_from
    if attempt.error == _REFUSED_TARGET or made >= len(ATTEMPT_DELAYS_S):
        return Sequel(event=DeliveryEvent.GIVEN_UP)
    scheduled_s = jittered(ATTEMPT_DELAYS_S[made], jitter)
    asked_s = min(float(attempt.retry_after_s or 0), MAX_RETRY_AFTER_S)
    return Sequel(event=DeliveryEvent.ATTEMPT_FAILED, delay_s=max(scheduled_s, asked_s))


def sequel_while(state: DeliveryState, sequel: Sequel) -> Sequel:
    """Return what follows in this state: what is held is not tried again by itself."""
    if state is DeliveryState.HELD and sequel.event is DeliveryEvent.ATTEMPT_FAILED:
        return Sequel(event=DeliveryEvent.PUT_ON_HOLD)
    return sequel


def lost_attempt(delivery_id: str, attempt: int, now: datetime) -> Attempt:
    """Return the attempt that nobody reported, as if the notifier had."""
    return Attempt(
        delivery_id=delivery_id,
        attempt=attempt,
        attempted_at=now,
        duration_ms=0,
        status_code=None,
        error=_LOST_ATTEMPT,
        retry_after_s=None,
    )


def jittered(delay_s: float, jitter: float) -> float:
    """Return the delay moved by up to a fifth either way; jitter is between 0 and 1."""
    return delay_s * (1 - JITTER + 2 * JITTER * jitter)
