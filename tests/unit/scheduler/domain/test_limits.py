from datetime import UTC, datetime, timedelta

import pytest

from outscope.errors import InflightLimited, InvalidRequest, QuotaExceeded, RateLimited
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.limits import (
    DefaultLimits,
    Limit,
    Limits,
    Pending,
    admitted,
    limits_of,
    usage_of,
)
from services.scheduler.domain.rate import UNLIMITED, Window, month_of

NOW = datetime(2026, 12, 24, 18, 0, 0, 500_000, tzinfo=UTC)
ENDED_BY = NOW + timedelta(seconds=300)


def limits(rate: int = 0, in_flight: int = 0, monthly: int = 0, of: str = "acc_a") -> Limits:
    return Limits(
        rate=Limit(counted_for=of, most=rate),
        in_flight=Limit(counted_for=of, most=in_flight),
        monthly=Limit(counted_for=of, most=monthly),
    )


def window(used: int = 0, month_used: int = 0, now: datetime = NOW) -> Window:
    return Window(started_at=now, used=used, month=month_of(now), month_used=month_used)


def test_an_account_has_one_allowance_and_a_key_with_its_own_is_counted_apart() -> None:
    defaults = DefaultLimits(rate=600, in_flight=50, monthly=1000)
    shared = limits_of(Caller(account_id="acc_a", key_id="key_1", rate_limit=None), defaults)
    assert shared == Limits(
        rate=Limit(counted_for="acc_a", most=600),
        in_flight=Limit(counted_for="acc_a", most=50),
        monthly=Limit(counted_for="acc_a", most=1000),
    )
    own = limits_of(
        Caller(
            account_id="acc_a", key_id="key_2", rate_limit=5, inflight_limit=0, monthly_quota=None
        ),
        defaults,
    )
    assert (own.rate, own.in_flight) == (
        Limit(counted_for="key_2", most=5),
        Limit(counted_for="key_2", most=0),
    )
    assert own.monthly == shared.monthly
    assert own.counters == {"key_2", "acc_a"}
    assert (own.rate.scope, own.monthly.scope) == ("key", "account")


def test_without_any_limit_nothing_is_counted() -> None:
    assert limits().counters == frozenset()
    left = admitted(limits(), {}, {}, wanted=5, now=NOW, ended_by=ENDED_BY)
    assert left is UNLIMITED


def test_what_is_admitted_counts_for_the_minute_the_month_and_what_is_pending() -> None:
    windows, pending = {"acc_a": window(3, 40)}, {"acc_a": Pending(count=2, ended_by=NOW)}
    left = admitted(limits(10, 10, 100), windows, pending, wanted=5, now=NOW, ended_by=ENDED_BY)
    assert (left.limit, left.remaining) == (10, 2)
    assert windows == {"acc_a": window(8, 45)}
    assert pending == {"acc_a": Pending(count=7, ended_by=ENDED_BY)}


@pytest.mark.parametrize(
    ("held_to", "kind", "told"),
    [
        (limits(rate=10), RateLimited, {"limit": 10, "remaining": 7}),
        (limits(in_flight=10), InflightLimited, {"limit": 10, "remaining": 8}),
        (limits(monthly=45), QuotaExceeded, {"limit": 45, "remaining": 5}),
        # The one that lasts longest is told.
        (limits(10, 10, 45), QuotaExceeded, {"limit": 45}),
        (limits(10, 10, 0), InflightLimited, {"limit": 10}),
    ],
)
def test_what_would_exceed_a_limit_is_refused_whole_and_counts_for_nothing(
    held_to: Limits, kind: type[RateLimited], told: dict[str, object]
) -> None:
    windows, pending = {"acc_a": window(3, 40)}, {"acc_a": Pending(count=2, ended_by=ENDED_BY)}
    with pytest.raises(RateLimited) as refused:
        admitted(held_to, windows, pending, wanted=9, now=NOW, ended_by=ENDED_BY)
    assert type(refused.value) is kind
    assert refused.value.details.items() >= told.items()
    assert refused.value.details["scope"] == "account"
    assert windows == {"acc_a": window(3, 40)}
    assert pending == {"acc_a": Pending(count=2, ended_by=ENDED_BY)}


@pytest.mark.parametrize("held_to", [limits(rate=8), limits(in_flight=8), limits(monthly=8)])
def test_what_can_never_fit_is_told_what_would(held_to: Limits) -> None:
    with pytest.raises(InvalidRequest, match="send at most 8 at once") as refused:
        admitted(held_to, {"acc_a": window()}, {}, wanted=9, now=NOW, ended_by=ENDED_BY)
    assert refused.value.details == {"limit": 8}
    assert (refused.value.field, refused.value.value) == ("checks", 9)
    assert str(refused.value).startswith("9 checks")


def test_a_month_ends_in_utc_and_the_next_begins_with_nothing_used() -> None:
    with pytest.raises(QuotaExceeded) as refused:
        admitted(
            limits(monthly=5), {"acc_a": window(0, 5)}, {}, wanted=1, now=NOW, ended_by=ENDED_BY
        )
    assert refused.value.details["reset_at"] == "2027-01-01T00:00:00Z"
    assert refused.value.details["retry_after_s"] == 7 * 86400 + 6 * 3600
    january = datetime(2027, 1, 1, tzinfo=UTC)
    windows = {"acc_a": window(0, 5)}
    admitted(limits(monthly=5), windows, {}, wanted=5, now=january, ended_by=ENDED_BY)
    assert (windows["acc_a"].month, windows["acc_a"].month_used) == (january.date(), 5)


def test_pending_checks_tell_when_all_of_them_will_have_ended() -> None:
    pending = {"acc_a": Pending(count=5, ended_by=ENDED_BY)}
    with pytest.raises(InflightLimited, match="5 checks pending, and 5 are") as refused:
        admitted(limits(in_flight=5), {"acc_a": window()}, pending, wanted=1, now=NOW, ended_by=NOW)
    assert refused.value.details == {
        "limit": 5,
        "remaining": 0,
        "reset_at": "2026-12-24T18:05:01Z",
        "retry_after_s": 1,
        "scope": "account",
    }


def test_a_limit_that_was_lowered_leaves_nothing() -> None:
    usage = usage_of(
        limits(5, 5, 5),
        {"acc_a": window(9, 9)},
        {"acc_a": Pending(count=9, ended_by=ENDED_BY)},
        NOW,
    )
    assert [use.remaining for use in (usage.rate, usage.in_flight, usage.monthly)] == [0, 0, 0]
    assert [use.used for use in (usage.rate, usage.in_flight, usage.monthly)] == [9, 9, 9]
    assert usage.rate.reset_at == NOW + timedelta(seconds=60)
    assert usage.in_flight.reset_at == ENDED_BY
    assert usage.monthly.reset_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_usage_without_limits_tells_what_is_pending_and_that_nothing_else_is_counted() -> None:
    usage = usage_of(limits(), {}, {"acc_a": Pending(count=3, ended_by=ENDED_BY)}, NOW)
    assert (usage.rate.used, usage.in_flight.used, usage.monthly.used) == (None, 3, None)
    assert (usage.rate.remaining, usage.in_flight.remaining) == (None, None)


def test_usage_before_the_first_check_is_nothing() -> None:
    usage = usage_of(limits(10, 10, 10), {}, {}, NOW)
    assert [use.used for use in (usage.rate, usage.in_flight, usage.monthly)] == [0, 0, 0]
    assert usage.in_flight.reset_at is None
