"""What was set aside because nobody could carry it out or read it, until it is replayed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class DeadLetterKind(StrEnum):
    """What was set aside."""

    # A check whose every attempt was lost: it has failed.
    CHECK = "check"
    # A message of the bus.
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class LostCheck:
    """A check whose every attempt was lost, about to be set aside."""

    id: str
    check_id: str
    # One line for each attempt.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusableMessage:
    """A message that could not be read or recorded, and why."""

    subject: str
    payload: bytes
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """What was set aside, and what became of it."""

    id: str
    kind: DeadLetterKind
    created_at: datetime
    reason: str
    # Of a check.
    check_id: str | None
    vantage_point: str | None
    # Of a message.
    subject: str | None
    payload: bytes | None
    replayed_at: datetime | None
    # The check that was made in the place of one that failed.
    replayed_as: str | None


def reason_of(lost: tuple[str, ...]) -> str:
    """Return why the attempts at a check were lost, a line each."""
    return "\n".join(f"{number}. {reason}" for number, reason in enumerate(lost, start=1))
