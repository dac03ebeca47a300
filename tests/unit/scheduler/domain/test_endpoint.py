from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.delivery import Attempt, lost_attempt
from services.scheduler.domain.endpoint import (
    GIVEN_UP_AFTER,
    SLOWDOWN_S,
    Health,
    changes_health,
    health_after,
)

NOW = datetime(2026, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def attempt(
    status_code: int | None = 500,
    *,
    error: str = "http_status",
    retry_after_s: int | None = None,
    at: datetime = NOW,
) -> Attempt:
    return Attempt(
        delivery_id="dlv_1",
        attempt=1,
        attempted_at=at,
        duration_ms=1,
        status_code=status_code,
        error="" if status_code == 200 else error,
        retry_after_s=retry_after_s,
    )


def test_the_first_failure_starts_the_clock_and_the_next_one_leaves_it() -> None:
    first = health_after(Health(), [attempt()], NOW)
    second = health_after(first, [attempt()], NOW + DAY)
    assert (first.failing_since, first.last_failure_at) == (NOW, NOW)
    assert (second.failing_since, second.last_failure_at) == (NOW, NOW + DAY)


def test_a_success_wipes_all_of_it_once_the_endpoint_is_not_spared_any_more() -> None:
    bad = health_after(Health(), [attempt(503, retry_after_s=3600)], NOW)
    until = NOW + timedelta(hours=1)
    assert bad.slowed_until == until
    assert health_after(bad, [attempt(200)], until) == Health()


def test_a_success_that_was_under_way_takes_no_wish_to_be_spared_back() -> None:
    busy = attempt(429, retry_after_s=3600)
    success = attempt(200, at=NOW + timedelta(milliseconds=1))
    spared = Health(slowed_until=NOW + timedelta(hours=1))
    assert health_after(Health(), [busy, success], NOW) == spared
    told_later = health_after(Health(), [busy], NOW)
    assert health_after(told_later, [success], NOW + timedelta(minutes=59)) == spared


def test_of_attempts_told_together_the_last_one_made_decides() -> None:
    success, failure = attempt(200, at=NOW - timedelta(seconds=1)), attempt(500, at=NOW)
    assert health_after(Health(), [failure, success], NOW).failing_since == NOW


@pytest.mark.parametrize(
    "ours",
    [
        lost_attempt("dlv_1", 1, NOW),
        attempt(None, error="internal"),
        attempt(None, error="egress_failed"),
    ],
)
def test_what_failed_on_our_side_says_nothing(ours: Attempt) -> None:
    assert not changes_health(Health(), ours)
    assert health_after(Health(), [ours], NOW) == Health()


def test_a_success_says_nothing_new_of_an_endpoint_that_does_well() -> None:
    assert not changes_health(Health(), attempt(200))
    assert changes_health(Health(failing_since=NOW), attempt(200))
    assert changes_health(Health(), attempt(None, error="timeout"))


@pytest.mark.parametrize("status_code", [429, 502, 503, 504])
def test_an_endpoint_with_too_much_to_do_is_spared(status_code: int) -> None:
    health = health_after(Health(), [attempt(status_code)], NOW)
    assert health.slowed_until == NOW + timedelta(seconds=SLOWDOWN_S)


@pytest.mark.parametrize("status_code", [None, 301, 400, 404, 410, 500])
def test_any_other_failure_spares_nobody(status_code: int | None) -> None:
    health = health_after(Health(), [attempt(status_code, retry_after_s=60)], NOW)
    assert health.slowed_until is None


def test_the_longest_wish_to_be_spared_holds_up_to_a_day() -> None:
    wishes = [attempt(429, retry_after_s=seconds) for seconds in (600, 1, 10**9)]
    assert health_after(Health(), wishes[:2], NOW).slowed_until == NOW + timedelta(minutes=10)
    assert health_after(Health(), wishes, NOW).slowed_until == NOW + DAY


def test_five_days_of_only_failures_are_hopeless() -> None:
    health, failed_at = Health(), NOW
    while failed_at < NOW + GIVEN_UP_AFTER:
        assert not health.is_hopeless(failed_at)
        health = health_after(health, [attempt()], failed_at)
        failed_at += DAY
    assert health.is_hopeless(NOW + GIVEN_UP_AFTER)


def test_a_pause_of_more_than_two_days_starts_the_clock_anew() -> None:
    health = health_after(Health(), [attempt()], NOW)
    later = NOW + timedelta(days=6)
    assert health_after(health, [attempt()], later).failing_since == later
