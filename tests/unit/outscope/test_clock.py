from datetime import UTC, datetime, timedelta

from outscope.clock import utc_now


def test_the_present_is_aware_and_in_utc() -> None:
    now = utc_now()
    assert now.utcoffset() == timedelta(0)
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
