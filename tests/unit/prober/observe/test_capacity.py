import asyncio

import pytest

from outscope.netguard.dial import Exhausted
from services.prober.observe.capacity import Places, connections_within


@pytest.mark.parametrize(("descriptors", "count"), [(20_000, 16_384), (1024, 768), (100, 16)])
def test_connections_leave_descriptors_for_everything_else(descriptors: int, count: int) -> None:
    assert connections_within(descriptors) == count


async def test_a_place_given_back_is_taken_by_whoever_waits() -> None:
    places = Places(1)
    deadline = asyncio.get_running_loop().time() + 5
    first = await places.take(deadline)
    waiting = asyncio.ensure_future(places.take(deadline))
    await asyncio.sleep(0)
    assert not waiting.done()
    first.give_back()
    await asyncio.wait_for(waiting, 5)


async def test_a_place_said_to_be_given_back_twice_is_one_place() -> None:
    places = Places(1)
    loop = asyncio.get_running_loop()
    first = await places.take(loop.time() + 5)
    first.give_back()
    first.give_back()
    await places.take(loop.time() + 5)
    with pytest.raises(Exhausted):
        await places.take(loop.time() + 0.01)
