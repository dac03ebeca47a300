import asyncio

from outscope.bus.publish import BusUnavailable
from outscope.errors import Unavailable
from services.scheduler.loops.pace import repeat


async def test_a_step_is_repeated_at_once_while_there_is_more() -> None:
    steps: list[float] = []
    now_s = asyncio.get_running_loop().time

    async def step() -> bool:
        steps.append(now_s())
        return len(steps) % 3 != 0

    repeating = asyncio.create_task(repeat("test", step, every_s=0.1))
    await asyncio.sleep(0.25)
    repeating.cancel()
    assert len(steps) == 9
    assert steps[2] - steps[0] < 0.05
    assert steps[3] - steps[2] >= 0.1


async def test_a_part_that_is_away_ends_no_loop() -> None:
    steps = 0

    async def step() -> bool:
        nonlocal steps
        steps += 1
        raise Unavailable("away") if steps % 2 else BusUnavailable("away")

    repeating = asyncio.create_task(repeat("test", step, every_s=0.01))
    await asyncio.sleep(0.1)
    repeating.cancel()
    assert steps >= 3


async def test_a_defect_is_not_swallowed() -> None:
    async def step() -> bool:
        raise ZeroDivisionError

    repeating = asyncio.create_task(repeat("test", step, every_s=0.01))
    await asyncio.wait({repeating}, timeout=1)
    assert isinstance(repeating.exception(), ZeroDivisionError)


async def test_between_two_steps_there_is_a_pause_where_one_is_asked_for() -> None:
    steps: list[float] = []
    now_s = asyncio.get_running_loop().time

    async def step() -> bool:
        steps.append(now_s())
        return True

    repeating = asyncio.create_task(repeat("test", step, every_s=60.0, pause_s=0.05))
    await asyncio.sleep(0.22)
    repeating.cancel()
    assert 2 <= len(steps) <= 5
    assert steps[1] - steps[0] >= 0.05
