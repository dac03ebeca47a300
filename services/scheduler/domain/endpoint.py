"""How the endpoint of a webhook does: since when it fails, until when it is spared, when it is off.

Law: only what the endpoint did counts. Attempts that were lost, or that we failed at, say nothing
of it; nor do test events, which somebody sends to see. Nothing is begun while an endpoint is
spared, so a success that is told then was under way before, and does not end that.
Source of the codes: Standard Webhooks 1.0.0, "Deliverability and reliability".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from outscope.limits import MAX_RETRY_AFTER_S
from services.scheduler.domain.delivery import OUR_ERRORS, Attempt, is_success

# Of only failures, with no pause between two of them for longer than the second.
GIVEN_UP_AFTER: Final = timedelta(days=5)
_LONGEST_PAUSE: Final = timedelta(days=2)
# An endpoint that says it has too much to do is spared for as long, unless it asks for more.
SLOWDOWN_S: Final = 5.0
# About half of what one notifier has places for by default, those for slow endpoints included.
OF_ACCOUNT: Final = 500
_TOO_MUCH: Final = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast an endpoint that does well is sent to."""

    # Attempts under way at once.
    at_once: int
    # Attempts a second; 0: no limit.
    rate: int
    # Attempts under way at once at all endpoints of an account.
    of_account: int = OF_ACCOUNT


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How an endpoint did so far."""

    # The first failure since the last success.
    failing_since: datetime | None = None
    last_failure_at: datetime | None = None
    slowed_until: datetime | None = None

    def is_hopeless(self, now: datetime) -> bool:
        """Tell whether it has only failed for so long that it is given up."""
        return self.failing_since is not None and now - self.failing_since >= GIVEN_UP_AFTER


def changes_health(health: Health, attempt: Attempt) -> bool:
    """Tell whether an attempt says something new of an endpoint."""
    if is_success(attempt):
        return health != Health()
    return attempt.error not in OUR_ERRORS


def health_after(health: Health, attempts: Iterable[Attempt], now: datetime) -> Health:
    """Return how an endpoint does after attempts at it."""
    for attempt in sorted(attempts, key=lambda each: each.attempted_at):
        if is_success(attempt):
            health = _after_success(health, now)
        elif attempt.error not in OUR_ERRORS:
            health = _after_failure(health, attempt, now)
    return health


def _after_success(health: Health, now: datetime) -> Health:
    until = health.slowed_until
    return Health(slowed_until=until if until is not None and until > now else None)


def _after_failure(health: Health, attempt: Attempt, now: datetime) -> Health:
    last = health.last_failure_at
    is_resumed = last is None or now - last > _LONGEST_PAUSE
    failing_since = now if is_resumed or health.failing_since is None else health.failing_since
    slowed_until = health.slowed_until
    if attempt.status_code in _TOO_MUCH:
        asked_s = min(float(attempt.retry_after_s or 0), MAX_RETRY_AFTER_S)
        spared_until = now + timedelta(seconds=max(SLOWDOWN_S, asked_s))
        slowed_until = max(slowed_until or spared_until, spared_until)
    return replace(
        health, failing_since=failing_since, last_failure_at=now, slowed_until=slowed_until
    )
