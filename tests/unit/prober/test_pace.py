"""Checks begin in their order, a few in each turn of the event loop."""

import asyncio

from services.prober.pace import Pace


async def _begin(pace: Pace, number: int, begun: list[int]) -> None:
    await pace.turn()
    begun.append(number)


async def test_a_turn_of_the_loop_lets_a_few_begin_and_the_next_as_many() -> None:
    pace = Pace(3)
    begun: list[int] = []
    tasks = [asyncio.create_task(_begin(pace, number, begun)) for number in range(10)]
    most = 0
    while len(begun) < 10:
        before = len(begun)
        await asyncio.sleep(0)
        most = max(most, len(begun) - before)
    assert begun == list(range(10))
    assert most == 3
    await asyncio.gather(*tasks)


async def test_while_the_loop_keeps_up_nobody_waits() -> None:
    pace = Pace(2)
    for _ in range(5):
        begun: list[int] = []
        task = asyncio.create_task(_begin(pace, 0, begun))
        await asyncio.sleep(0)
        assert begun == [0]
        await task
        await asyncio.sleep(0)


async def test_who_comes_later_waits_behind_those_that_wait_already() -> None:
    pace = Pace(1)
    begun: list[int] = []
    tasks = [asyncio.create_task(_begin(pace, number, begun)) for number in range(3)]
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(_begin(pace, 3, begun)))
    await asyncio.gather(*tasks)
    assert begun == [0, 1, 2, 3]


async def test_one_that_is_cancelled_while_it_waits_takes_nobodys_turn() -> None:
    pace = Pace(1)
    begun: list[int] = []
    tasks = [asyncio.create_task(_begin(pace, number, begun)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert begun == [0, 2, 3]
    last = asyncio.create_task(_begin(pace, 4, begun))
    await asyncio.wait_for(last, 5)


async def test_after_all_that_waited_were_cancelled_others_begin() -> None:
    pace = Pace(1)
    begun: list[int] = []
    tasks = [asyncio.create_task(_begin(pace, number, begun)) for number in range(3)]
    await asyncio.sleep(0)
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)
    await asyncio.wait_for(_begin(pace, 9, begun), 5)
    assert begun == [0, 9]
