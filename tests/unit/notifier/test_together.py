"""Calls that many share."""

import asyncio
from collections.abc import Sequence

import pytest

from outscope.telemetry.logs import bound, bound_field
from services.notifier.together import Together


class Doubling:
    """Doubles when it is let; notes what it was called with."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.let = asyncio.Event()

    async def __call__(self, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.calls.append(list(asked))
        await self.let.wait()
        return [ValueError(each) if each < 0 else each * 2 for each in asked]


async def begun(together: Together[int, int], *asked: int) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(together.ask(each)) for each in asked]
    for _ in range(5):
        await asyncio.sleep(0)
    return tasks


async def test_who_comes_while_a_call_is_under_way_shares_the_next() -> None:
    doubling = Doubling()
    together = Together(doubling, most=3, side_by_side=1)
    tasks = await begun(together, 1)
    tasks += await begun(together, 2, 3, 4, 5)
    assert doubling.calls == [[1]]
    doubling.let.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6, 8, 10]
    assert doubling.calls == [[1], [2, 3, 4], [5]]


async def test_a_call_that_hangs_leaves_room_for_another() -> None:
    doubling = Doubling()
    together = Together(doubling, most=3, side_by_side=2)
    tasks = [*await begun(together, 1), *await begun(together, 2), *await begun(together, 3)]
    assert doubling.calls == [[1], [2]]
    doubling.let.set()
    assert await asyncio.gather(*tasks) == [2, 4, 6]


async def test_what_goes_wrong_for_one_is_told_to_that_one() -> None:
    doubling = Doubling()
    doubling.let.set()
    bad, good = await begun(Together(doubling, most=3, side_by_side=1), -1, 1)
    with pytest.raises(ValueError, match="-1"):
        await bad
    assert await good == 2


async def test_a_call_that_fails_is_told_to_all_and_ends_nothing_else() -> None:
    async def failing(asked: Sequence[int]) -> Sequence[int | Exception]:
        if 1 in asked:
            raise OSError("away")
        return asked

    together: Together[int, int] = Together(failing, most=3, side_by_side=1)
    for task in await begun(together, 1, 2):
        with pytest.raises(OSError, match="away"):
            await task
    assert await together.ask(3) == 3


async def test_nothing_is_called_for_who_gave_up() -> None:
    doubling = Doubling()
    together = Together(doubling, most=3, side_by_side=1)
    first, second, third = [await begun(together, each) for each in (1, 2, 3)]
    first[0].cancel()
    second[0].cancel()
    await asyncio.sleep(0)
    doubling.let.set()
    assert await third[0] == 6
    assert doubling.calls == [[1], [3]]


async def test_who_asks_as_soon_as_a_call_has_ended_is_served_by_another() -> None:
    doubling = Doubling()
    doubling.let.set()
    together = Together(doubling, most=3, side_by_side=1)
    async with asyncio.timeout(5):
        assert [await together.ask(1), await together.ask(2)] == [2, 4]
    assert doubling.calls == [[1], [2]]


async def test_a_call_for_many_is_told_of_as_nobodys() -> None:
    told: list[object] = []

    async def noted(asked: Sequence[int]) -> Sequence[int | Exception]:
        told.append(bound_field("delivery_id"))
        return asked

    with bound(delivery_id="dlv_first"):
        assert await Together(noted, most=3, side_by_side=1).ask(1) == 1
        assert bound_field("delivery_id") == "dlv_first"
    assert told == [None]
