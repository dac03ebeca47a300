import asyncio
import time

import pytest

from outscope.errors import Unavailable
from services.gateway.waits import Waits


async def test_a_place_is_held_for_so_long_and_no_longer() -> None:
    waits = Waits()
    begun_s = time.monotonic()
    counts: list[int] = []

    async def wait() -> None:
        async with waits.place(0.1):
            counts.append(waits.count)
            await asyncio.sleep(5)

    with pytest.raises(TimeoutError):
        await wait()
    assert counts == [1]
    assert time.monotonic() - begun_s < 2
    assert waits.count == 0


async def test_there_are_so_many_places_and_one_that_is_left_is_free() -> None:
    waits = Waits(1)
    async with waits.place(5):
        with pytest.raises(Unavailable):
            async with waits.place(5):
                pass
        assert waits.count == 1
    async with waits.place(5):
        pass


async def test_all_waiting_ends_with_the_gateway_now_and_from_then_on() -> None:
    waits = Waits()

    async def wait() -> None:
        async with waits.place(60):
            await asyncio.sleep(60)

    waiting = [asyncio.create_task(wait()) for _ in range(3)]
    await asyncio.sleep(0.05)
    waits.end()
    async with asyncio.timeout(1):
        outcomes = await asyncio.gather(*waiting, wait(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [TimeoutError] * 4
    assert waits.count == 0
