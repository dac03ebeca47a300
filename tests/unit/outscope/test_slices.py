"""Work on many things leaves room for others in between."""

import asyncio

from outscope.slices import mapped_in_slices


async def test_what_is_made_stands_in_the_order_of_the_things() -> None:
    things = list(range(95))
    assert await mapped_in_slices(str, things) == [str(thing) for thing in things]
    assert await mapped_in_slices(str, list[int]()) == []


async def test_others_have_their_turn_between_slices() -> None:
    done: list[int] = []
    seen: list[int] = []

    async def look() -> None:
        while len(done) < 100:
            seen.append(len(done))
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await mapped_in_slices(done.append, range(100))
    await looking
    longest = max(later - sooner for sooner, later in zip(seen, [*seen[1:], 100], strict=True))
    assert longest <= 10
