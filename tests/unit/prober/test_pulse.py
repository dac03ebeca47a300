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
