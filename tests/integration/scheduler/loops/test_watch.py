import asyncio
from collections.abc import AsyncIterator

import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import check_ended
from outscope.v1 import messages_pb2
from services.scheduler.loops.watch import EndWatch
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, stop, store


@pytest.fixture
def watch(database: Database, bus: Bus) -> EndWatch:
    return EndWatch(database, bus)


@pytest.fixture
async def listening(watch: EndWatch) -> AsyncIterator[None]:
    running = asyncio.create_task(watch.listen())
    await asyncio.sleep(0.1)
    yield
    await stop(running)


async def test_the_word_on_the_bus_wakes_those_who_wait_for_that_check(
    watch: EndWatch, bus: Bus, listening: None
) -> None:
    with (
        watch.watching("chk_1") as first,
        watch.watching("chk_1") as second,
        watch.watching("chk_2") as other,
    ):
        word = messages_pb2.CheckEnded(check_id="chk_1")
        await bus.send(check_ended("chk_1"), word.SerializeToString())
        async with asyncio.timeout(2):
            await asyncio.gather(first.wait(), second.wait())
        assert not other.is_set()


async def test_an_end_whose_word_was_lost_is_found_by_looking(
    watch: EndWatch, database: Database
) -> None:
    ended, pending = new_check(), new_check()
    await store(database, ended, pending)
    looking = asyncio.create_task(watch.look())
    with watch.watching(ended.id) as is_ended, watch.watching(pending.id) as is_not:
        await asyncio.sleep(0.1)
        await rows(database, "UPDATE checks SET status = 'failed' WHERE id = %s", ended.id)
        async with asyncio.timeout(3):
            await is_ended.wait()
        assert not is_not.is_set()
    await stop(looking)


async def test_who_leaves_is_forgotten(watch: EndWatch) -> None:
    with watch.watching("chk_1"), watch.watching("chk_1"):
        assert len(watch._waiting["chk_1"]) == 2  # noqa: SLF001 - what must not grow
    assert watch._waiting == {}  # noqa: SLF001 - what must not grow
