from datetime import timedelta

from services.scheduler.loops.waits import RECENT_S, Waits


class Clock:
    """The seam where time passes."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_the_typical_wait_is_the_median_of_the_recent_ones() -> None:
    clock = Clock()
    waits = Waits(clock)
    assert waits.typical_s("mars-1") is None
    for seconds in (9, 1, 3):
        waits.note("mars-1", timedelta(seconds=seconds))
    waits.note("eu-west-1", timedelta(seconds=50))
    assert waits.typical_s("mars-1") == 3.0
    clock.now_s = RECENT_S + 1
    assert waits.typical_s("mars-1") is None
    waits.note("mars-1", timedelta(seconds=7))
    assert waits.typical_s("mars-1") == 7.0


def test_a_probers_clock_that_is_slow_makes_no_wait_shorter_than_none() -> None:
    waits = Waits()
    waits.note("mars-1", timedelta(seconds=-2))
    assert waits.typical_s("mars-1") == 0.0


def test_only_the_latest_are_remembered() -> None:
    waits = Waits()
    for seconds in range(1000):
        waits.note("mars-1", timedelta(seconds=seconds))
    assert waits.typical_s("mars-1") == 899.5
