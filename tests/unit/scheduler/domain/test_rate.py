from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from outscope.errors import InvalidRequest, RateLimited
from services.scheduler.domain.rate import (
    JUDGED,
    Window,
    allowance,
    moment_text,
    month_end,
    month_of,
    month_used,
    running_window,
    window_after,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def window(used: int) -> Window:
    return Window(started_at=START, used=used)


def test_a_window_runs_for_a_minute() -> None:
    assert running_window(window(5), at(59.9)) == window(5)
    assert running_window(window(5), at(60)) == Window(started_at=at(60), used=0)
    assert running_window(None, at(7)) == Window(started_at=at(7), used=0)


def test_a_window_nothing_was_counted_in_has_not_begun() -> None:
    assert running_window(window(0), at(30)) == Window(started_at=at(30), used=0)


def test_a_clock_set_back_does_not_lock_a_key_out() -> None:
    assert running_window(window(5), at(-3600)) == Window(started_at=at(-3600), used=0)


def test_the_last_of_the_allowance_can_be_used() -> None:
    assert window_after(window(590), wanted=10, limit=600, now=at(1)) == window(600)


def test_what_would_exceed_the_allowance_is_refused_whole() -> None:
    with pytest.raises(RateLimited) as refused:
        window_after(window(590), wanted=11, limit=600, now=at(20.5))
    assert refused.value.details == {
        "limit": 600,
        "remaining": 10,
        "reset_s": 40,
        "reset_at": "2026-01-01T00:01:01Z",
        "retry_after_s": 40,
        "scope": "key",
    }


def test_a_batch_over_the_limit_itself_is_told_how_many_fit_and_not_to_come_back() -> None:
    for used in (0, 60):
        with pytest.raises(InvalidRequest, match="send at most 60 at once") as refused:
            window_after(window(used), wanted=100, limit=60, now=at(0))
        assert "100 checks at once are more than the 60 a minute" in refused.value.message
        assert (refused.value.field, refused.value.value) == ("checks", 100)
        assert refused.value.details == {"limit": 60}


def test_what_is_counted_is_named() -> None:
    with pytest.raises(RateLimited, match="create 5 checks a minute; 0 are left"):
        window_after(window(5), wanted=1, limit=5, now=at(1))
    with pytest.raises(RateLimited, match="ask for 5 verdicts judged again or explained a minute"):
        window_after(window(5), wanted=1, limit=5, now=at(1), counted=JUDGED)


def test_the_allowance_tells_what_is_left_and_when_it_is_full() -> None:
    left = allowance(window(3), limit=10, now=at(59.5))
    assert (left.limit, left.remaining, left.reset_s) == (10, 7, 1)
    untouched = allowance(window(0), limit=10, now=at(0))
    assert (untouched.remaining, untouched.reset_s) == (10, 0)


def test_a_limit_lowered_in_the_middle_of_a_minute_leaves_nothing() -> None:
    assert allowance(window(100), limit=10, now=at(1)).remaining == 0


def test_a_month_is_one_of_utc() -> None:
    east = timezone(timedelta(hours=9))
    assert month_of(datetime(2026, 3, 1, 8, 59, tzinfo=east)) == date(2026, 2, 1)
    assert month_end(datetime(2026, 3, 1, 8, 59, tzinfo=east)) == datetime(2026, 3, 1, tzinfo=UTC)
    assert month_end(datetime(2026, 12, 31, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_what_was_used_of_another_month_is_none_of_this_one_s() -> None:
    used = Window(started_at=START, used=1, month=date(2026, 1, 1), month_used=9)
    assert month_used(used, START) == 9
    assert month_used(used, datetime(2026, 2, 1, tzinfo=UTC)) == 0
    assert running_window(used, at(61)).month_used == 9  # a new minute of the same month


def test_a_moment_is_told_in_whole_seconds_and_never_too_early() -> None:
    assert moment_text(START) == "2026-01-01T00:00:00Z"
    assert moment_text(at(0.001)) == "2026-01-01T00:00:01Z"
