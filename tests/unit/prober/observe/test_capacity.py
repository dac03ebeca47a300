import asyncio

import pytest

from outscope.netguard.dial import Exhausted
from services.prober.observe.capacity import (
    BODIES_BYTES,
    SHARE_BYTES,
    Allowance,
    Bodies,
    Places,
    connections_within,
)


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


def test_beyond_its_share_a_check_gets_what_is_free() -> None:
    bodies = Bodies(limit_bytes=100, share_bytes=20)
    assert Allowance(bodies).take(90) == 90
    late = Allowance(bodies)
    assert late.take(15) == 15
    assert late.take(15) == 5
    assert late.take(15) == 0


def test_what_a_closed_allowance_held_is_free_again() -> None:
    bodies = Bodies(limit_bytes=100, share_bytes=20)
    allowance = Allowance(bodies)
    allowance.take(90)
    allowance.give_back(30)
    allowance.close()
    allowance.close()
    assert bodies.held_bytes == 0
    assert Allowance(bodies).take(100) == 100


def test_two_hundred_checks_that_take_all_they_can_stay_within_the_bounds() -> None:
    bodies = Bodies()
    for _ in range(200):
        allowance = Allowance(bodies)
        for _ in range(120):
            allowance.take(64 * 1024)
    assert bodies.held_bytes <= BODIES_BYTES + 200 * SHARE_BYTES
