import asyncio
import time

from services.prober.pulse import Pulse


def test_a_standstill_is_known_to_whatever_runs_first_after_it() -> None:
    pulse = Pulse(standstill_s=0.05)
    before_s = time.monotonic()
    time.sleep(0.35)
    assert pulse.stood_still_since(before_s)


def test_what_began_after_a_standstill_is_none_of_its_matter() -> None:
    pulse = Pulse(standstill_s=0.05)
    time.sleep(0.35)
    pulse.stood_still_since(0)
    assert not pulse.stood_still_since(time.monotonic())


async def test_a_process_that_goes_on_does_not_stand_still() -> None:
    pulse = Pulse(standstill_s=1.0)
    before_s = time.monotonic()
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(1.5)
    beating.cancel()
    assert not pulse.stood_still_since(before_s)


async def beaten(pulse: Pulse, *, work_s: float, turns: int) -> None:
    """Beat while the loop is kept busy for so long in each of so many turns."""
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(0)
    for _ in range(turns):
        time.sleep(work_s)  # noqa: ASYNC251 - what the loop is kept busy with
        await asyncio.sleep(0)
    beating.cancel()


async def test_many_short_standstills_starve_a_process_that_never_stands_still_for_long() -> None:
    pulse, before_s = Pulse(starved_of_s=1.0), time.monotonic()
    await beaten(pulse, work_s=0.6, turns=3)
    assert pulse.was_starved_since(before_s)
    assert not pulse.stood_still_since(before_s)
    assert not pulse.was_starved_since(time.monotonic())


async def test_a_process_is_known_to_be_starved_before_its_late_beat_comes() -> None:
    pulse, before_s = Pulse(starved_of_s=1.0), time.monotonic()
    beating = asyncio.create_task(pulse.beat())
    await asyncio.sleep(0)
    time.sleep(0.8)  # noqa: ASYNC251 - the whole process is to stand still
    assert pulse.was_starved_since(before_s)
    beating.cancel()


async def test_a_busy_process_is_not_starved() -> None:
    pulse, before_s = Pulse(starved_of_s=1.0), time.monotonic()
    await beaten(pulse, work_s=0.02, turns=75)
    assert not pulse.was_starved_since(before_s)


def test_a_process_that_is_not_watched_is_not_starved() -> None:
    pulse = Pulse(starved_of_s=0.1)
    time.sleep(0.2)
    assert not pulse.was_starved_since(0)
