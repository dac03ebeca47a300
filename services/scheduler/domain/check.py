"""What a check is: what was asked, how far it is, why it failed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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


class Quorum(StrEnum):
    """How many vantage points of those counted have to have come so far."""

    # More than half: of two, both.
    MAJORITY = "majority"
    ANY = "any"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOptions:
    """What a check looks at beside what every check does; by default nothing but discovery."""

    dns_records: bool = False
    tls_versions: bool = False
    max_redirects: int = 0
    all_addresses: bool = False
    http2: bool = False
    discovery: Discovery = Discovery.STANDARD
    # Several that look at the same time, in the order asked; empty: the one of the spec.
    vantage_points: tuple[str, ...] = ()
    # Of these.
    quorum: Quorum = Quorum.MAJORITY


ORDINARY: Final = CheckOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """What to look at, normalised."""

    fqdn: str
    ports: tuple[int, ...]
    # Percent-encoded.
    paths: tuple[str, ...]
    # Of several the first.
    vantage_point: str
    include_content_sample: bool
    content_retention_days: int
    options: CheckOptions = ORDINARY

    @property
    def is_from_several(self) -> bool:
        """Whether several vantage points were asked for, be it a list of one."""
        return bool(self.options.vantage_points)

    @property
    def vantage_points(self) -> tuple[str, ...]:
        """Where it is carried out, each once."""
        return self.options.vantage_points or (self.vantage_point,)

    def at(self, vantage_point: str) -> "CheckSpec":
        """Return what one of its vantage points is asked, which knows of no other."""
        if not self.is_from_several:
            return self
        alone = replace(self.options, vantage_points=(), quorum=Quorum.MAJORITY)
        return replace(self, vantage_point=vantage_point, options=alone)


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
class View:
    """What came of a check at one of its vantage points."""

    probe_id: str
    vantage_point: str
    status: CheckStatus
    # What the prober wrote down, in its own form; None unless completed.
    result: bytes | None = None
    failure: Failure | None = None
    ended_at: datetime | None = None
    samples: tuple[StoredSample, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDetail:
    """A check with all that is known of it."""

    check: Check
    # What the prober wrote down, in its own form; None until completed.
    result: bytes | None
    samples: tuple[StoredSample, ...]
    # The latest of its probes; 0 when it has none.
    attempt: int = 0
    # What each of several vantage points saw, in their order; empty for a check from one.
    views: tuple[View, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCheck:
    """A check about to be stored, and the ids it and its probes will have."""

    id: str
    # Of the first vantage point.
    probe_id: str
    account_id: str
    spec: CheckSpec
    # The key in whose own limit of pending checks it counts; empty: the account's.
    counted_for: str = ""
    # The trace in which it was asked for, as W3C traceparent; empty when there was none.
    traceparent: str = ""
    # Of the request that asked for it.
    request_id: str = ""
    # Of its other vantage points, in their order.
    further_probe_ids: tuple[str, ...] = ()

    def probes(self) -> Iterator[tuple[str, str]]:
        """Yield the vantage point and the id of each of its probes."""
        ids = (self.probe_id, *self.further_probe_ids)
        yield from zip(self.spec.vantage_points, ids, strict=True)


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
    # Whose it is, and of the request that asked for it: for logs; empty when it is not known.
    account_id: str = ""
    request_id: str = ""
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
    # Where the result says that it was seen; empty when it does not say.
    vantage_point: str = ""
    # Why each attempt was lost, when that is why it ended: the check is then set aside.
    lost: tuple[str, ...] = ()
