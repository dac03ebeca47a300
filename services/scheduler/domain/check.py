"""What a check is: what was asked, how far it is, why it failed."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.scheduler.domain.budget import BudgetKind

_ATTEMPT: Final = re.compile(r"[0-9]{1,5}", re.ASCII)


class CheckStatus(StrEnum):
    """How far a check is; everything but pending is final."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Owner(StrEnum):
    """Who has to act for a failure not to happen again."""

    TARGET = "target"
    RESOLVER = "resolver"
    NETWORK = "network"
    POLICY = "policy"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why we could not carry a check out."""

    # Stable, snake_case.
    reason: str
    owner: Owner
    # One sentence for people.
    message: str


class Discovery(StrEnum):
    """What is requested beyond the paths that were asked for."""

    OFF = "off"
    STANDARD = "standard"
    DEEP = "deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a check looks at beside what every check does; by default nothing but discovery."""

    dns_records: bool = False
    tls_versions: bool = False
    max_redirects: int = 0
    all_addresses: bool = False
    http2: bool = False
    discovery: Discovery = Discovery.STANDARD


ORDINARY: Final = CheckOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """What to look at, normalised."""

    fqdn: str
    ports: tuple[int, ...]
    # Percent-encoded.
    paths: tuple[str, ...]
    vantage_point: str
    include_content_sample: bool
    content_retention_days: int
    options: CheckOptions = ORDINARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check of an account."""

    id: str
    account_id: str
    status: CheckStatus
    created_at: datetime
    ended_at: datetime | None
    spec: CheckSpec
    failure: Failure | None
    # When its verdict was last reached anew.
    rejudged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSample:
    """What a server answered for one path, as the prober wrote it down, kept until expires_at."""

    path: str
    sample: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDetail:
    """A check with all that is known of it."""

    check: Check
    # What the prober wrote down, in its own form; None until completed.
    result: bytes | None
    samples: tuple[StoredSample, ...]
    # The latest of its probes; 0 when it has none.
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheck:
    """A check about to be stored, and the ids it and its one probe will have."""

    id: str
    probe_id: str
    account_id: str
    spec: CheckSpec
    # The key in whose own limit of pending checks it counts; empty: the account's.
    counted_for: str = ""
    # The trace in which it was asked for, as W3C traceparent; empty when there was none.
    traceparent: str = ""


def job_message_id(probe_id: str, attempt: int) -> str:
    """Return the id under which the bus knows the job of one attempt."""
    return f"{probe_id}-{attempt}"


def job_named(message_id: str) -> tuple[str, int] | None:
    """Return probe and attempt of such an id, or None when it is of no job."""
    probe_id, _, attempt = message_id.rpartition("-")
    return (probe_id, int(attempt)) if probe_id and _ATTEMPT.fullmatch(attempt) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeJob:
    """What a prober must know to carry a probe out."""

    probe_id: str
    check_id: str
    attempt: int
    spec: CheckSpec
    deadline_at: datetime
    # The trace in which the check was asked for.
    traceparent: str | None = None

    @property
    def message_id(self) -> str:
        """The id under which the bus drops a second copy of this attempt."""
        return job_message_id(self.probe_id, self.attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePutOff:
    """An attempt at a probe in which nothing was sent: it is to be made later."""

    probe_id: str
    check_id: str
    attempt: int
    wait_s: float
    # The budget that is used up, if that is why.
    used_up: BudgetKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAttempt:
    """An attempt at a probe of which nothing will be reported."""

    probe_id: str
    attempt: int
    # For operators: one sentence.
    reason: str
    # A prober is there and could not carry it out: the next had better not come at once.
    is_rejected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeEnd:
    """How one attempt at a probe ended: exactly one of result and failure is set."""

    probe_id: str
    check_id: str
    attempt: int
    result: bytes | None = None
    failure: Failure | None = None
    # Path and what was answered there, as the prober wrote it down.
    samples: tuple[tuple[str, bytes], ...] = ()
    # What the result was reached from, in the prober's form; empty when it was too long.
    kept: bytes = b""
    # When the attempt began, by the prober's clock.
    started_at: datetime | None = None
    # Why each attempt was lost, when that is why it ended: the check is then set aside.
    lost: tuple[str, ...] = ()
