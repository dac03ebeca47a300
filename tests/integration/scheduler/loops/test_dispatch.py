import asyncio
from collections.abc import AsyncIterator

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import NewCheck, ProbeJob
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.loops import dispatch
from services.scheduler.loops.cancel import Cancelling
from services.scheduler.loops.dispatch import DELIVERY_JOBS, Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.held import held_on_bus
from services.scheduler.store.database import Database
from services.scheduler.store.ends import cancel_probes
from tests.integration.scheduler.driving import eventually, new_check, rows, stop, store


async def job_of(database: Database, check: NewCheck, attempt: int = 1) -> ProbeJob:
    ((deadline_at,),) = await rows(
        database, "SELECT deadline_at FROM probes WHERE id = %s", check.probe_id
    )
    return ProbeJob(
        probe_id=check.probe_id,
        check_id=check.id,
        attempt=attempt,
        spec=check.spec,
        deadline_at=deadline_at,
    )


async def taken(bus: Bus, vantage: str, count: int) -> list[messages_pb2.ProbeJob]:
    jobs: list[messages_pb2.ProbeJob] = []
    async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer, asyncio.timeout(10):
        while len(jobs) < count:
            for message in await consumer.pull(100, 1.0):
                jobs.append(messages_pb2.ProbeJob.FromString(message.payload))
                await message.ack()
        assert await consumer.pull(1, 0.2) == []
    return jobs


@pytest.fixture
async def dispatcher(bus: Bus, database: Database) -> AsyncIterator[Dispatcher[ProbeJob]]:
    made = Dispatcher(probe_jobs(Budget()), bus, database)
    running = asyncio.create_task(made.run())
    yield made
    await stop(running)


async def published(database: Database) -> list[str]:
    found = await rows(database, "SELECT id FROM probes WHERE state = 'published' ORDER BY id")
    return [probe_id for (probe_id,) in found]


async def test_what_is_offered_is_published_to_its_vantage_point_and_noted(
    dispatcher: Dispatcher[ProbeJob], bus: Bus, database: Database
) -> None:
    here, there = new_check(), new_check(vantage_point="us-east-1")
    await store(database, here, there)
    dispatcher.offer([await job_of(database, here), await job_of(database, there)])
    (job,) = await taken(bus, "eu-west-1", 1)
    assert (job.probe_id, job.check_id, job.attempt) == (here.probe_id, here.id, 1)
    assert [each.probe_id for each in await taken(bus, "us-east-1", 1)] == [there.probe_id]

    async def all_noted() -> bool:
        return await published(database) == sorted([here.probe_id, there.probe_id])

    await eventually(all_noted)
    placed = await rows(database, "SELECT stream_sequence FROM probes ORDER BY stream_sequence")
    assert placed == [(1,), (2,)]


async def test_a_job_published_twice_is_on_the_bus_once(bus: Bus, database: Database) -> None:
    check = new_check()
    await store(database, check)
    job = await job_of(database, check)
    for _ in range(2):
        await Dispatcher(probe_jobs(Budget()), bus, database).publish([job])
    await Dispatcher(probe_jobs(Budget()), bus, database).publish(
        [await job_of(database, check, 2)]
    )
    assert [each.attempt for each in await taken(bus, "eu-west-1", 2)] == [1, 2]


async def test_thousands_are_published_in_batches(
    dispatcher: Dispatcher[ProbeJob], bus: Bus, database: Database
) -> None:
    checks = [new_check() for _ in range(1200)]
    await store(database, *checks)
    first = await job_of(database, checks[0])
    dispatcher.offer(
        [
            ProbeJob(
                probe_id=check.probe_id,
                check_id=check.id,
                attempt=1,
                spec=check.spec,
                deadline_at=first.deadline_at,
            )
            for check in checks
        ]
    )

    async def all_noted() -> bool:
        return len(await published(database)) == 1200

    await eventually(all_noted)
    assert len(await taken(bus, "eu-west-1", 1200)) == 1200


async def test_what_finds_no_room_is_left_to_the_sweep(
    bus: Bus, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_CAPACITY", 2)
    checks = [new_check() for _ in range(3)]
    await store(database, *checks)
    dispatcher = Dispatcher(probe_jobs(Budget()), bus, database)
    dispatcher.offer([await job_of(database, check) for check in checks])
    running = asyncio.create_task(dispatcher.run())
    assert len(await taken(bus, "eu-west-1", 2)) == 2
    await stop(running)
    left = await rows(database, "SELECT id FROM probes WHERE state = 'queued'")
    assert left == [(checks[2].probe_id,)]


async def test_without_the_bus_jobs_are_left_to_the_sweep_at_once(
    nats_url: str, bus: Bus, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    async with connect_bus(nats_url, "closed") as closed:
        pass
    async with asyncio.timeout(1):
        await Dispatcher(probe_jobs(Budget()), closed, database).publish(
            [await job_of(database, check)]
        )
    assert await published(database) == []


async def test_delivery_jobs_travel_without_url_or_secret(bus: Bus, database: Database) -> None:
    job = DeliveryJob(delivery_id="dlv_1", attempt=3)
    await Dispatcher(DELIVERY_JOBS, bus, database).publish([job])
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        (message,) = await consumer.pull(10, 5.0)
        await message.ack()
    assert messages_pb2.DeliveryJob.FromString(message.payload) == messages_pb2.DeliveryJob(
        delivery_id="dlv_1", attempt=3
    )


async def test_a_job_whose_check_was_cancelled_before_it_was_published_is_taken_back(
    dispatcher: Dispatcher[ProbeJob], bus: Bus, database: Database
) -> None:
    cancelled, other = new_check(), new_check()
    await store(database, cancelled, other)
    offered = [await job_of(database, cancelled), await job_of(database, other)]
    ending = Ending(database, bus, lambda _: None, utc_now)
    await Cancelling(bus, ending).cancel(cancelled.id, account_id="acc_a")
    dispatcher.offer(offered)

    async def is_gone() -> bool:
        placed = [(sequence, offered[sequence - 1].message_id) for sequence in (1, 2)]
        return await held_on_bus(bus, subjects.JOBS_STREAM.name, placed) == [False, True]

    async def is_noted() -> bool:
        return await published(database) == [other.probe_id]

    # Before that neither may be on the bus, and the first of them not yet.
    await eventually(is_noted)
    await eventually(is_gone)
    assert [job.check_id for job in await taken(bus, "eu-west-1", 1)] == [other.id]


async def test_a_job_whose_check_is_cancelled_while_it_is_noted_is_taken_back(
    dispatcher: Dispatcher[ProbeJob], bus: Bus, database: Database
) -> None:
    check = new_check()
    await store(database, check)
    job = await job_of(database, check)

    async def is_on_bus() -> bool:
        return await held_on_bus(bus, subjects.JOBS_STREAM.name, [(1, job.message_id)]) == [True]

    async with database.transaction() as cancelling:
        (probe,) = await cancel_probes(cancelling, check.id)
        assert probe.stream_sequence is None
        await dispatcher.publish([job])
        assert await is_on_bus()

    async def is_gone() -> bool:
        return not await is_on_bus()

    await eventually(is_gone)


async def test_what_another_held_while_it_was_noted_is_noted_later(
    dispatcher: Dispatcher[ProbeJob], database: Database
) -> None:
    check = new_check()
    await store(database, check)
    async with database.transaction() as holder:
        await holder.execute("SELECT FROM probes WHERE id = %s FOR UPDATE", (check.probe_id,))
        await dispatcher.publish([await job_of(database, check)])
    assert await published(database) == []

    async def is_noted() -> bool:
        return await published(database) == [check.probe_id]

    await eventually(is_noted)
