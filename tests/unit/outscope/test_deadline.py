import asyncio
import time

from outscope.deadline import deadline_at, deadline_in, deadline_s, remaining_s


def test_without_a_deadline_there_is_all_the_time() -> None:
    assert deadline_s() is None
    assert remaining_s() is None


def test_the_time_left_runs_out() -> None:
    with deadline_in(10):
        left_s = remaining_s()
        assert left_s is not None
        assert 9 < left_s <= 10
    with deadline_in(-1):
        assert (remaining_s() or 0) < 0
    assert remaining_s() is None


def test_an_inner_deadline_may_be_another_or_none() -> None:
    with deadline_in(10):
        with deadline_at(None):
            assert deadline_s() is None
        moment_s = time.monotonic() + 5
        with deadline_at(moment_s):
            assert deadline_s() == moment_s
        assert (remaining_s() or 0) > 9


async def test_a_task_has_the_deadline_of_who_started_it() -> None:
    async def seen() -> float | None:
        return deadline_s()

    with deadline_at(1.0):
        task = asyncio.create_task(seen())
    assert await task == 1.0
    assert await asyncio.create_task(seen()) is None
