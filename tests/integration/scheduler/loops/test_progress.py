import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import WATCHED, progress
from outscope.v1 import facts_pb2, messages_pb2, progress_pb2
from services.scheduler.loops.progress import Feed, ProgressWatch
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import eventually, new_check, rows, stop, store

STARTED = progress_pb2.Stage(started=progress_pb2.Started(vantage_point="eu-west-1"))
RESOLVED = progress_pb2.Stage(dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"]))


@pytest.fixture
def watch(database: Database, bus: Bus) -> ProgressWatch:
    return ProgressWatch(database, bus)


@pytest.fixture
async def listening(watch: ProgressWatch) -> AsyncIterator[None]:
    running = asyncio.create_task(watch.listen())
    await asyncio.sleep(0.1)
    yield
    await stop(running)


@asynccontextmanager
async def hearing_what_is_watched(bus: Bus) -> AsyncIterator[list[list[str]]]:
    heard: list[list[str]] = []

    async def hear(payload: bytes) -> None:
        heard.append(list(messages_pb2.ChecksWatched.FromString(payload).check_ids))

    async with bus.subscription(WATCHED, hear):
        yield heard


def told(
    *stages: progress_pb2.Stage, check_id: str = "chk_1", attempt: int = 1, delivery: int = 1
) -> messages_pb2.ProbeProgress:
    return messages_pb2.ProbeProgress(
        check_id=check_id, attempt=attempt, delivery=delivery, stages=stages
    )


async def tell(bus: Bus, message: messages_pb2.ProbeProgress) -> None:
    await bus.send(progress(message.check_id), message.SerializeToString())


async def test_what_a_prober_tells_reaches_those_who_listen_to_that_check(
    watch: ProgressWatch, bus: Bus, listening: None
) -> None:
    async with watch.listening("chk_1") as feed, watch.listening("chk_2") as other:
        await tell(bus, told(STARTED, RESOLVED))
        async with asyncio.timeout(2):
            await feed.is_new.wait()
        assert list(feed.told.stages) == [STARTED, RESOLVED]
        assert not other.is_new.is_set()


def test_only_more_than_is_known_is_news() -> None:
    feed = Feed()
    for message, is_news in [
        (told(STARTED), True),
        (told(STARTED), False),
        (told(STARTED, RESOLVED), True),
        (told(STARTED), False),
        (told(STARTED, delivery=2), True),
        (told(STARTED, RESOLVED), False),
        (told(STARTED, attempt=2), True),
        (told(STARTED, RESOLVED, RESOLVED, delivery=9), False),
    ]:
        feed.is_new.clear()
        feed.hear(message)
        assert feed.is_new.is_set() is is_news
    assert (feed.told.attempt, feed.told.delivery) == (2, 1)


async def test_probers_are_told_at_once_and_again_what_is_watched_and_no_more_afterwards(
    watch: ProgressWatch, bus: Bus
) -> None:
    looking = asyncio.create_task(watch.look())
    async with hearing_what_is_watched(bus) as heard:
        await asyncio.sleep(0.1)
        assert heard == []
        async with watch.listening("chk_1"):
            async with asyncio.timeout(3):
                while len(heard) < 2:
                    await asyncio.sleep(0.01)
        assert heard[:2] == [["chk_1"], ["chk_1"]]
        heard.clear()
        await asyncio.sleep(1.2)
        assert heard == []
    await stop(looking)


async def test_an_attempt_that_was_begun_anew_is_found_by_looking(
    watch: ProgressWatch, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    looking = asyncio.create_task(watch.look())
    async with watch.listening(check.id) as feed:

        async def is_seen() -> bool:
            return feed.attempt == 1

        await eventually(is_seen)
        feed.is_new.clear()
        await rows(database, "UPDATE probes SET attempt = 2")
        async with asyncio.timeout(3):
            await feed.is_new.wait()
        assert feed.attempt == 2
    await stop(looking)


async def test_what_nobody_can_read_is_dropped(
    watch: ProgressWatch, bus: Bus, listening: None
) -> None:
    async with watch.listening("chk_1") as feed:
        await bus.send(progress("chk_1"), b"\xff\xff\xff")
        await tell(bus, told(STARTED))
        async with asyncio.timeout(2):
            await feed.is_new.wait()


async def test_who_leaves_is_forgotten(watch: ProgressWatch) -> None:
    async with watch.listening("chk_1"), watch.listening("chk_1"):
        assert len(watch._feeds["chk_1"]) == 2  # noqa: SLF001 - what must not grow
    assert watch._feeds == {}  # noqa: SLF001 - what must not grow
