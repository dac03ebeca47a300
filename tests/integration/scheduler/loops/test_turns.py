"""Turns on a real bus, and what they are for: one account's many checks hold up nobody else's."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.consume import Message
from outscope.bus.work import Worker
from outscope.v1 import check_pb2, messages_pb2
from services.scheduler.domain.check import ProbeJob
from services.scheduler.loops.turns import Turns
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    completed,
    eventually,
    make_key,
    new_check,
    report,
    rows,
    running_scheduler,
    stop,
    store,
)

PLACES = 20
SLOW_S = 6.0
MANY = 10_000


@asynccontextmanager
async def slow_prober(bus: Bus) -> AsyncIterator[list[str]]:
    """Play a prober with few places whose targets are slow, but for those named quick."""
    begun: list[str] = []

    async def probe(message: Message) -> None:
        job = messages_pb2.ProbeJob.FromString(message.payload)
        begun.append(job.spec.fqdn)
        await asyncio.sleep(0.05 if job.spec.fqdn.startswith("quick") else SLOW_S)
        await report(bus, completed(job))
        await message.ack()

    async def tell() -> None:
        word = messages_pb2.ProberPresence(
            vantage_point="eu-west-1", prober_id="p-1", concurrency=PLACES
        ).SerializeToString()
        while True:
            await bus.send(subjects.presence("eu-west-1"), word)
            await asyncio.sleep(0.2)

    telling = asyncio.create_task(tell())
    durable = subjects.jobs_consumer("eu-west-1")
    async with Worker(bus, durable, probe, concurrency=PLACES, drain_s=0):
        yield begun
    await stop(telling)


async def latency_s(caller: Caller, name: str) -> float:
    started_s = time.monotonic()
    check = (await caller.watch((await caller.create(name)).id))[-1]
    assert check.status == check_pb2.CHECK_STATUS_COMPLETED
    return time.monotonic() - started_s


async def test_ten_thousand_checks_of_one_account_delay_none_of_another_s(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    busy, _, _ = await make_key(database)
    other, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url) as first,
        running_scheduler(database_url, nats_url) as second,
        calling(first, busy) as many,
        calling(second, other) as single,
        slow_prober(bus) as begun,
    ):
        await asyncio.sleep(0.5)  # the prober is heard of
        idle_s = max([await latency_s(single, "quick.example") for _ in range(3)])
        for batch in range(MANY // 100):
            names = [f"slow{batch}-{number}.example" for number in range(100)]
            await many.batch([check_pb2.CheckSpec(fqdn=name) for name in names])

        async def is_busy() -> bool:
            return sum(name.startswith("slow") for name in begun) >= PLACES - 2

        await eventually(is_busy)
        delays_s = [await latency_s(single, f"quick{n}.example") - idle_s for n in range(10)]
        waiting = await rows(database, "SELECT count(*) FROM probes WHERE state = 'queued'")
    assert waiting[0][0] > MANY - 200  # all the while
    assert max(delays_s) < 2.0, delays_s
    # In the order they came, as far as they were begun at all.
    slow = [name for name in begun if name.startswith("slow")]
    assert set(slow) <= {f"slow0-{n}.example" for n in range(100)}


@pytest.fixture
def offered() -> list[ProbeJob]:
    return []


async def test_nothing_is_handed_out_while_the_bus_is_away(
    database: Database, nats_url: str, offered: list[ProbeJob]
) -> None:
    await store(database, new_check())
    async with connect_bus(nats_url, "closed") as closed:
        pass
    await Turns(database, closed, offered.extend, lambda _: 200).hand_out()
    assert offered == []
    assert await rows(database, "SELECT state FROM probes") == [("queued",)]


async def test_every_vantage_point_is_looked_at_and_more_than_fit_one_statement_is_handed_out(
    database: Database, bus: Bus, offered: list[ProbeJob]
) -> None:
    await store(database, *(new_check() for _ in range(1100)), new_check(vantage_point="mars-1"))
    await Turns(database, bus, offered.extend, lambda _: 5000).hand_out()
    assert len(offered) == 1101


async def test_what_is_left_for_later_is_handed_out_without_a_word(
    database: Database, bus: Bus, offered: list[ProbeJob]
) -> None:
    turns = Turns(database, bus, offered.extend, lambda _: 200)
    running = asyncio.create_task(turns.run())
    check = new_check()
    await store(database, check)

    async def is_offered() -> bool:
        return [job.probe_id for job in offered] == [check.probe_id]

    await eventually(is_offered, patience_s=3)
    await stop(running)
