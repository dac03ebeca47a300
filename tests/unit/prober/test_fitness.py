import asyncio
import time

import pytest

from outscope.telemetry.logs import bound, bound_field
from services.prober.fitness import Fitness, Unfit
from services.prober.pulse import Pulse


class Part:
    """A self-test whose outcome the test decides."""

    def __init__(self, fault: str | None = None) -> None:
        self.fault = fault
        self.runs = 0
        self.takes_s = 0.0

    async def __call__(self) -> str | None:
        self.runs += 1
        await asyncio.sleep(self.takes_s)
        return self.fault


def fitness_of(**parts: Part) -> Fitness:
    return Fitness(parts, Pulse(), every_s=0.02)


async def test_a_prober_is_fit_while_every_part_is() -> None:
    resolver, canary = Part(), Part("away")
    fitness = fitness_of(resolver=resolver, canary=canary)
    assert not await fitness.confirm()
    assert dict(fitness.faults) == {"canary": "away"}
    assert dict(fitness.parts) == {"resolver": True, "canary": False}
    canary.fault = None
    assert await fitness.confirm()
    assert dict(fitness.faults) == {}


async def test_work_stops_when_the_prober_becomes_unfit_and_is_not_begun_then() -> None:
    part = Part()
    fitness = fitness_of(canary=part)
    with pytest.raises(Unfit, match="not tested yet"):
        async with fitness.working():
            pytest.fail("begun")
    await fitness.confirm()
    asyncio.get_running_loop().call_later(0.05, setattr, part, "fault", "away")
    watching = asyncio.create_task(fitness.watch())
    with pytest.raises(Unfit, match="canary: away"):
        async with asyncio.timeout(5), fitness.working():
            await asyncio.Event().wait()
    with pytest.raises(Unfit):
        async with fitness.working():
            pytest.fail("begun")
    waiting = asyncio.create_task(fitness.until_fit())
    await asyncio.sleep(0.1)
    assert not waiting.done()
    part.fault = None
    async with asyncio.timeout(5):
        await waiting
    watching.cancel()


async def test_a_time_limit_of_the_work_itself_is_none_of_fitness() -> None:
    with pytest.raises(TimeoutError):
        async with fitness_of().working(), asyncio.timeout(0.01):
            await asyncio.Event().wait()


async def test_a_standstill_spoils_the_work() -> None:
    fitness = Fitness({}, Pulse(standstill_s=0.05))
    with pytest.raises(Unfit, match="stood still"):
        async with fitness.working():
            time.sleep(0.4)  # noqa: ASYNC251 - the whole process is to stand still


async def test_askers_share_a_test_that_began_after_they_asked() -> None:
    part = Part()
    part.takes_s = 0.05
    fitness = fitness_of(canary=part)
    first = asyncio.create_task(fitness.confirm())
    await asyncio.sleep(0.01)
    part.fault = "away"  # the test that runs may have looked before
    others = await asyncio.gather(*(fitness.confirm() for _ in range(20)))
    await first
    assert others == [False] * 20
    assert part.runs == 2


async def test_a_self_test_that_fails_is_not_passed() -> None:
    async def broken() -> str | None:
        raise RuntimeError("a defect")

    fitness = Fitness({"canary": broken}, Pulse())
    assert not await fitness.confirm()
    assert "a defect" in fitness.faults["canary"]


async def test_what_comes_before_a_stop_is_done_when_work_stops() -> None:
    part, seen = Part(), []
    fitness = fitness_of(canary=part)
    await fitness.confirm()

    async def step() -> None:
        with pytest.raises(Unfit):
            async with fitness.working():
                pytest.fail("begun")
        await asyncio.sleep(0.05)
        seen.append("step")

    async def work() -> None:
        with pytest.raises(Unfit):
            async with fitness.working():
                await asyncio.Event().wait()
        seen.append("stopped")

    fitness.before_stopping(step)
    working = asyncio.create_task(work())
    await asyncio.sleep(0)
    part.fault = "away"
    assert not await fitness.confirm()
    await working
    assert seen == ["step", "stopped"]


async def test_a_test_that_a_check_asked_for_is_told_of_as_no_checks() -> None:
    told: list[object] = []

    async def noted() -> None:
        told.append(bound_field("check_id"))

    with bound(check_id="chk_first"):
        assert await Fitness({"canary": noted}, Pulse()).confirm()
    assert told == [None]
