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


async def test_places_go_to_who_has_waited_longest_and_not_to_who_gave_up() -> None:
    places = Places(1)
    deadline = asyncio.get_running_loop().time() + 5
    held = await places.take(deadline)
    gone, second, third = (asyncio.ensure_future(places.take(deadline)) for _ in range(3))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    held.give_back()
    place = await asyncio.wait_for(second, 5)
    assert not third.done()
    place.give_back()
    await asyncio.wait_for(third, 5)


async def test_a_place_given_to_who_is_cancelled_that_moment_is_handed_on() -> None:
    places = Places(1)
    deadline = asyncio.get_running_loop().time() + 5
    held = await places.take(deadline)
    waiting = asyncio.ensure_future(places.take(deadline))
    await asyncio.sleep(0)
    held.give_back()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(places.take(deadline), 5)
