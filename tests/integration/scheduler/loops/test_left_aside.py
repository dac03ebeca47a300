"""Jobs that were handed out in vain, where the bus's word of it is heard by nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM
from outscope.errors import Unavailable
from services.scheduler.loops import lost as losing
from services.scheduler.loops.left_aside import LeftAside
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.loops.test_lost import QUICK, Losing, published

AT = "eu-west-1"
LISTEN_S = 0.6


@pytest.fixture
def parts(database: Database, bus: Bus) -> Losing:
    return Losing(database, bus)


@pytest.fixture
def left_aside(database: Database, bus: Bus, parts: Losing) -> LeftAside:
    return LeftAside(database, bus, parts.attempts, lambda: [AT, "us-east-1"], silent_s=LISTEN_S)


async def attempts(database: Database) -> dict[str, tuple[str, int]]:
    found = await rows(database, "SELECT id, state, attempt FROM probes")
    return {probe_id: (state, attempt) for probe_id, state, attempt in found}


@asynccontextmanager
async def spoken_for(message: Message) -> AsyncIterator[None]:
    async def speak() -> None:
        while True:
            await message.in_progress()
            await asyncio.sleep(0.1)

    speaking = asyncio.create_task(speak())
    yield
    speaking.cancel()


async def until_left_aside(bus: Bus, count: int) -> None:
    async with asyncio.timeout(10):
        while (await bus.handed_out(QUICK)).left_aside != count:
            await asyncio.sleep(0.05)


async def test_what_nobody_speaks_for_is_published_again_and_nothing_else(
    database: Database, bus: Bus, parts: Losing, left_aside: LeftAside
) -> None:
    async with bus.consumer(QUICK) as consumer:
        kept, silent = await published(database, parts), await published(database, parts)
        first = (await consumer.pull(1, 5.0))[0]
        async with spoken_for(first):
            (taken,) = await consumer.pull(1, 5.0)
            waits = await published(database, parts)
            await until_left_aside(bus, 1)
            await left_aside.look()
            assert (await attempts(database))[silent.probe_id] == ("published", 1)
            await left_aside.look()
        assert taken.message_id == f"{silent.probe_id}-1"
        assert await attempts(database) == {
            kept.probe_id: ("published", 1),
            silent.probe_id: ("published", 2),
            waits.probe_id: ("published", 1),
        }
        assert await rows(database, "SELECT lost FROM probes WHERE attempt = 2") == [
            (["A prober took it and was silent for 8 seconds."],)
        ]
        assert await bus.message_id(JOBS_STREAM.name, 2) is None
        handed_out = [*await consumer.pull(10, 5.0), *await consumer.pull(10, 1.0)]
        assert {each.message_id for each in handed_out} == {
            f"{waits.probe_id}-1",
            f"{silent.probe_id}-2",
        }


async def test_no_more_are_lost_than_the_bus_says_so_that_words_that_do_not_reach_us_cost_nothing(
    database: Database,
    bus: Bus,
    parts: Losing,
    left_aside: LeftAside,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with bus.consumer(QUICK) as consumer:
        await published(database, parts)
        await consumer.pull(1, 5.0)
        await until_left_aside(bus, 1)
        await left_aside.look()
        await published(database, parts)
        (message,) = await consumer.pull(1, 5.0)

        @asynccontextmanager
        async def deaf(_: object) -> AsyncIterator[set[int]]:
            yield set()

        monkeypatch.setattr(bus, "hearing_progress", deaf)
        async with spoken_for(message):
            await left_aside.look()
    assert set((await attempts(database)).values()) == {("published", 1)}


async def test_nothing_is_lost_by_a_connection_that_broke_while_it_was_listened_to(
    database: Database, bus: Bus, parts: Losing, left_aside: LeftAside
) -> None:
    async with bus.consumer(QUICK) as consumer:
        await published(database, parts)
        await consumer.pull(1, 5.0)
        await until_left_aside(bus, 1)
        await left_aside.look()
        looking = asyncio.create_task(left_aside.look())
        await asyncio.sleep(LISTEN_S / 2)
        await bus.reconnected()
        with pytest.raises(BusUnavailable):
            await looking
    assert set((await attempts(database)).values()) == {("published", 1)}


async def test_nothing_is_lost_while_reports_wait_to_be_recorded(
    database: Database,
    bus: Bus,
    parts: Losing,
    left_aside: LeftAside,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(losing, "_REPORT_WAIT_S", 0.1)
    async with bus.consumer(QUICK) as consumer:
        await published(database, parts)
        await consumer.pull(1, 5.0)
        await bus.publish("reports", b"waits")
        await until_left_aside(bus, 1)
        await left_aside.look()
        with pytest.raises(Unavailable):
            await left_aside.look()
    assert set((await attempts(database)).values()) == {("published", 1)}


async def test_where_nothing_is_left_aside_nobody_listens(
    database: Database, bus: Bus, parts: Losing, left_aside: LeftAside
) -> None:
    async with bus.consumer(QUICK) as consumer:
        await published(database, parts)
        (message,) = await consumer.pull(1, 5.0)
        began = time.monotonic()
        async with spoken_for(message):
            await left_aside.look()
            await left_aside.look()
        assert time.monotonic() - began < LISTEN_S
        assert (await bus.handed_out(QUICK)).up_to == 1
