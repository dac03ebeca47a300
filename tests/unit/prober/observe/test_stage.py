import asyncio

from services.prober.observe.stage import StageTimer


def timer_of(*, deadline_s: float = 5.0) -> StageTimer:
    return StageTimer(asyncio.get_running_loop().time() + deadline_s)


async def test_a_stage_is_over_after_its_time_and_by_the_deadline() -> None:
    told: list[str] = []
    timer, late = timer_of(), timer_of(deadline_s=0.02)
    timer.start(0.02, lambda: told.append("stage"))
    late.start(5, lambda: told.append("deadline"))
    await asyncio.sleep(0.1)
    assert sorted(told) == ["deadline", "stage"]


async def test_a_stage_that_is_stopped_or_followed_by_another_is_not_told() -> None:
    told: list[str] = []
    timer, stopped = timer_of(), timer_of()
    timer.start(0.02, lambda: told.append("first"))
    timer.start(0.04, lambda: told.append("second"))
    stopped.start(0.02, lambda: told.append("stopped"))
    stopped.stop()
    await asyncio.sleep(0.1)
    assert told == ["second"]


async def test_neither_clock_nor_stage_goes_on_while_paused() -> None:
    told: list[str] = []
    timer = timer_of()
    timer.start(0.1, lambda: told.append("over"))
    timer.pause(lambda: told.append("overdue"))
    before = timer.now()
    await asyncio.sleep(0.15)
    assert timer.is_paused
    assert timer.now() == before
    assert not told
    timer.resume()
    assert timer.now() - before < 0.05
    await asyncio.sleep(0.15)
    assert told == ["over"]


async def test_the_deadline_comes_also_while_paused() -> None:
    told: list[str] = []
    timer = timer_of(deadline_s=0.05)
    timer.pause(lambda: told.append("overdue"))
    timer.start(5, lambda: told.append("over"))
    await asyncio.sleep(0.1)
    assert told == ["overdue"]


async def test_a_closed_timer_tells_nobody() -> None:
    told: list[str] = []
    timer = timer_of(deadline_s=0.02)
    timer.start(0.01, lambda: told.append("over"))
    timer.pause(lambda: told.append("overdue"))
    timer.close()
    await asyncio.sleep(0.05)
    assert not told
