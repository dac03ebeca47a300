"""What an account may create: in a minute, pending at once, and in a calendar month.

An account has one allowance of each kind, which all its keys share. A key that was given a limit of
its own is counted by itself, and apart from its account. Law: a limit is exact; what would exceed
one is refused whole, and a refusal costs nothing.
"""

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.errors import InflightLimited, QuotaExceeded
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.rate import (
    UNLIMITED,
    WINDOW,
    Allowance,
    Window,
    allowance,
    moment_text,
    month_end,
    month_of,
    month_used,
    never_fits,
    running_window,
    window_after,
)

# Places become free all the time.
_INFLIGHT_RETRY_S: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How much of one kind; most 0 stands for no limit."""

    # The account, or the key that has a limit of its own.
    counted_for: str
    most: int

    @property
    def is_of_key(self) -> bool:
        """Whether it is the key's own."""
        return self.counted_for.startswith("key_")

    @property
    def scope(self) -> str:
        """Whose limit it is, for callers."""
        return "key" if self.is_of_key else "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All that a create is held to."""

    # Checks created in a minute.
    rate: Limit
    # Checks pending at once.
    in_flight: Limit
    # Checks created in a calendar month, UTC.
    monthly: Limit

    @property
    def counters(self) -> frozenset[str]:
        """Whose counters a create needs; none where there is no limit at all.

        What was created in the month is counted as soon as there is any, so that a quota that is
        set later begins with what it should.
        """
        in_force = {each.counted_for for each in (self.rate, self.in_flight) if each.most}
        if in_force or self.monthly.most:
            in_force.add(self.monthly.counted_for)
        return frozenset(in_force)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultLimits:
    """The configured limits of an account; 0: none."""

    rate: int
    in_flight: int = 0
    monthly: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """The checks of an account, or of a key counted by itself, that have not ended."""

    count: int
    # When the last of them will have ended at the latest.
    ended_by: datetime | None = None


NONE_PENDING: Final = Pending(count=0)


def limits_of(caller: Caller, defaults: DefaultLimits) -> Limits:
    """Return what a caller is held to."""

    def limit(own: int | None, default: int) -> Limit:
        if own is None:
            return Limit(counted_for=caller.account_id, most=default)
        return Limit(counted_for=caller.key_id, most=own)

    return Limits(
        rate=limit(caller.rate_limit, defaults.rate),
        in_flight=limit(caller.inflight_limit, defaults.in_flight),
        monthly=limit(caller.monthly_quota, defaults.monthly),
    )


def admitted(
    limits: Limits,
    windows: MutableMapping[str, Window],
    pending: MutableMapping[str, Pending],
    *,
    wanted: int,
    pending_more: int | None = None,
    now: datetime,
    ended_by: datetime,
) -> Allowance:
    """Count wanted more, each vantage point of each check one; return what is left a minute.

    Of checks pending_more, or as many, are pending until ended_by at the latest.

    Raises RateLimited, InflightLimited or QuotaExceeded, and InvalidRequest for what is larger than
    a limit, and has then counted nothing. What keeps the caller waiting longest is told first.
    """
    if not limits.counters:
        return UNLIMITED
    pending_more = wanted if pending_more is None else pending_more
    _check_month(limits.monthly, windows, wanted=wanted, now=now)
    _check_in_flight(limits.in_flight, pending, wanted=pending_more, now=now)
    left = UNLIMITED
    if limits.rate.most:
        left = _spend_rate(limits.rate, windows, wanted=wanted, now=now)
    counted_for = limits.monthly.counted_for
    window = windows[counted_for]
    windows[counted_for] = Window(
        started_at=window.started_at,
        used=window.used,
        month=month_of(now),
        month_used=month_used(window, now) + wanted,
    )
    if limits.in_flight.most and pending_more:
        before = pending.get(limits.in_flight.counted_for, NONE_PENDING)
        pending[limits.in_flight.counted_for] = Pending(
            count=before.count + pending_more, ended_by=ended_by
        )
    return left


def _spend_rate(
    limit: Limit, windows: MutableMapping[str, Window], *, wanted: int, now: datetime
) -> Allowance:
    window = running_window(windows[limit.counted_for], now)
    window = window_after(window, wanted=wanted, limit=limit.most, now=now, scope=limit.scope)
    windows[limit.counted_for] = window
    return allowance(window, limit=limit.most, now=now)


def _check_in_flight(
    limit: Limit, pending: Mapping[str, Pending], *, wanted: int, now: datetime
) -> None:
    has = pending.get(limit.counted_for, NONE_PENDING)
    if not limit.most or not wanted or has.count + wanted <= limit.most:
        return
    if wanted > limit.most:
        raise never_fits(wanted, limit.most, "checks", f"this {limit.scope} may have pending")
    raise InflightLimited(
        f"This {limit.scope} may have {limit.most} checks pending, and {has.count} are; wait "
        "until some have ended",
        limit=limit.most,
        remaining=max(0, limit.most - has.count),
        reset_at=moment_text(has.ended_by or now),
        retry_after_s=_INFLIGHT_RETRY_S,
        scope=limit.scope,
    )


def _check_month(
    limit: Limit, windows: Mapping[str, Window], *, wanted: int, now: datetime
) -> None:
    if not limit.most or not wanted:
        return
    used = month_used(windows[limit.counted_for], now)
    if used + wanted <= limit.most:
        return
    if wanted > limit.most:
        raise never_fits(wanted, limit.most, "checks", f"a month this {limit.scope} may create")
    left, reset_at = max(0, limit.most - used), month_end(now)
    raise QuotaExceeded(
        f"This {limit.scope} may create {limit.most} checks a month; {left} are left",
        limit=limit.most,
        remaining=left,
        reset_at=moment_text(reset_at),
        retry_after_s=max(1, math.ceil((reset_at - now).total_seconds())),
        scope=limit.scope,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What has been used of one limit."""

    limit: Limit
    # None: not counted, as there is no limit of any kind.
    used: int | None
    # When all of it is left again, at the latest; None when it is.
    reset_at: datetime | None

    @property
    def remaining(self) -> int | None:
        """What is left; None without a limit."""
        return max(0, self.limit.most - (self.used or 0)) if self.limit.most else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What has been used of all of them."""

    rate: Use
    in_flight: Use
    monthly: Use


def usage_of(
    limits: Limits, windows: Mapping[str, Window], pending: Mapping[str, Pending], now: datetime
) -> Usage:
    """Return what has been used, given the counters that there are."""
    running = running_window(windows.get(limits.rate.counted_for), now)
    has = pending.get(limits.in_flight.counted_for, NONE_PENDING)
    month = windows.get(limits.monthly.counted_for)
    created = month_used(month, now) if month is not None else 0
    return Usage(
        rate=Use(
            limit=limits.rate,
            used=running.used if limits.rate.most else None,
            reset_at=running.started_at + WINDOW if limits.rate.most and running.used else None,
        ),
        in_flight=Use(limit=limits.in_flight, used=has.count, reset_at=has.ended_by),
        monthly=Use(
            limit=limits.monthly,
            used=created if limits.counters else None,
            reset_at=month_end(now),
        ),
    )
