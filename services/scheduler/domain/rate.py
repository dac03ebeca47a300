"""Counts what a key asks for: windows of a minute, each begun by the first request after one.

The limit is exact: what would exceed it is refused whole, and a refusal costs nothing. What no
minute has room for is told so: to come back later would not help.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from outscope.errors import InvalidRequest, RateLimited

WINDOW: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A running minute of one key and what it has used of it."""

    started_at: datetime
    used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a key may still create; limit 0 stands for no limit."""

    limit: int
    remaining: int
    # Whole seconds until it is full again.
    reset_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is counted, in the words of a refusal."""

    # May a key …, followed by the limit.
    deed: str
    things: str


CREATED: Final = Counted(deed="create", things="checks")
JUDGED: Final = Counted(deed="ask for", things="verdicts judged again or explained")

UNLIMITED: Final = Allowance(limit=0, remaining=0, reset_s=0)


def running_window(stored: Window | None, now: datetime) -> Window:
    """Return the stored window while it runs, else a fresh one that begins now."""
    if stored is not None and stored.used and stored.started_at <= now < stored.started_at + WINDOW:
        return stored
    return Window(started_at=now, used=0)


def window_after(
    window: Window, *, wanted: int, limit: int, now: datetime, counted: Counted = CREATED
) -> Window:
    """Return a running window with wanted more in it; raises RateLimited and InvalidRequest."""
    if window.used + wanted <= limit:
        return Window(started_at=window.started_at, used=window.used + wanted)
    if wanted > limit:
        raise InvalidRequest(
            f"{wanted} {counted.things} at once are more than the {limit} a minute this key may "
            f"{counted.deed}; send at most {limit} at once",
            field="checks",
            value=wanted,
            limit=limit,
        )
    left = allowance(window, limit=limit, now=now)
    raise RateLimited(
        f"This key may {counted.deed} {limit} {counted.things} a minute; {left.remaining} are left",
        limit=limit,
        remaining=left.remaining,
        reset_s=left.reset_s,
        retry_after_s=left.reset_s or int(WINDOW.total_seconds()),
    )


def allowance(window: Window, *, limit: int, now: datetime) -> Allowance:
    """Return what a running window leaves."""
    until_end = (window.started_at + WINDOW - now).total_seconds()
    return Allowance(
        limit=limit,
        remaining=max(0, limit - window.used),
        reset_s=max(1, math.ceil(until_end)) if window.used else 0,
    )
