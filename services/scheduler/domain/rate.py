"""Counts what is asked for: windows of a minute, each begun by the first request after one.

The limit is exact: what would exceed it is refused whole, and a refusal costs nothing. What no
minute has room for is told so: to come back later would not help.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from outscope.errors import InvalidRequest, RateLimited

WINDOW: Final = timedelta(seconds=60)
_NO_MONTH: Final = date(1970, 1, 1)
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A running minute, and what was used of it; a calendar month, and what was used of that."""

    started_at: datetime
    used: int
    # Its first day, in UTC.
    month: date = _NO_MONTH
    month_used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may still be created; limit 0 stands for no limit."""

    limit: int
    remaining: int
    # Whole seconds until it is full again.
    reset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted, in the words of a refusal."""

    # May an account …, followed by the limit.
    deed: str
    things: str


CREATED: Final = Counted(deed="create", things="checks")
JUDGED: Final = Counted(deed="ask for", things="verdicts judged again or explained")

UNLIMITED: Final = Allowance(limit=0, remaining=0, reset_s=0)


def running_window(stored: Window | None, now: datetime) -> Window:
    """Return the stored window while it runs, else a fresh one that begins now."""
    if stored is not None and stored.used and stored.started_at <= now < stored.started_at + WINDOW:
        return stored
    if stored is None:
        return Window(started_at=now, used=0)
    return replace(stored, started_at=now, used=0)


def window_after(
    window: Window,
    *,
    wanted: int,
    limit: int,
    now: datetime,
    counted: Counted = CREATED,
    scope: str = "key",
) -> Window:
    """Return a running window with wanted more in it; raises RateLimited and InvalidRequest.

    The scope tells whose limit it is: account or key.
    """
    if window.used + wanted <= limit:
        return replace(window, used=window.used + wanted)
    if wanted > limit:
        raise never_fits(
            wanted, limit, f"{counted.things} at once", f"a minute this {scope} may {counted.deed}"
        )
    left = allowance(window, limit=limit, now=now)
    raise RateLimited(
        f"This {scope} may {counted.deed} {limit} {counted.things} a minute; "
        f"{left.remaining} are left",
        limit=limit,
        remaining=left.remaining,
        reset_s=left.reset_s,
        reset_at=moment_text(now + timedelta(seconds=left.reset_s)),
        retry_after_s=left.reset_s or int(WINDOW.total_seconds()),
        scope=scope,
    )


def never_fits(wanted: int, limit: int, things: str, allowed: str) -> InvalidRequest:
    """Return the refusal of what is larger than a limit: to come back later would not help."""
    return InvalidRequest(
        f"{wanted} {things} are more than the {limit} {allowed}; send at most {limit} at once",
        field="checks",
        value=wanted,
        limit=limit,
    )


def allowance(window: Window, *, limit: int, now: datetime) -> Allowance:
    """Return what a running window leaves."""
    until_end = (window.started_at + WINDOW - now).total_seconds()
    return Allowance(
        limit=limit,
        remaining=max(0, limit - window.used),
        reset_s=max(1, math.ceil(until_end)) if window.used else 0,
    )


def month_of(now: datetime) -> date:
    """Return the first day of the running calendar month, in UTC."""
    return now.astimezone(UTC).date().replace(day=1)


def month_used(window: Window, now: datetime) -> int:
    """Return what was used of the running month."""
    return window.month_used if window.month == month_of(now) else 0


def month_end(now: datetime) -> datetime:
    """Return when the running calendar month ends, in UTC."""
    month = month_of(now)
    if month.month == _DECEMBER:
        return datetime(month.year + 1, 1, 1, tzinfo=UTC)
    return datetime(month.year, month.month + 1, 1, tzinfo=UTC)


def moment_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, in whole seconds, none of them too early."""
    whole = moment.astimezone(UTC)
    if whole.microsecond:
        whole = whole.replace(microsecond=0) + timedelta(seconds=1)
    return whole.strftime("%Y-%m-%dT%H:%M:%SZ")
