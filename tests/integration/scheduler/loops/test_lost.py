import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import nats
import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import JOBS_STREAM, LOST_JOBS_CONSUMER, jobs_consumer
from outscope.clock import utc_now
from outscope.errors import Unavailable
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import LostAttempt, NewCheck
from services.scheduler.loops import lost as losing
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.loops.dispatch import Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.ingest import Ingest
from services.scheduler.loops.lost import BusLoss, LostAttempts, LostJobs
from services.scheduler.store.database import Database
from services.scheduler.store.probes import DueProbe, find_open_probes
from services.scheduler.translate.lost import LostJob, lost_job_in
from tests.integration.scheduler.driving import eventually, new_check, probing, rows, stop, store

QUICK = replace(jobs_consumer("eu-west-1"), ack_wait_s=0.5)


class Losing:
    """A scheduler's parts that have to do with lost attempts."""

    def __init__(self, database: Database, bus: Bus) -> None:
        ending = Ending(database, bus, lambda _: None, utc_now)
        self.dispatcher = Dispatcher(probe_jobs(Budget(host=60, address=600)), bus, database)
        self.attempts = LostAttempts(database, bus, self.dispatcher, ending)
        self.jobs = LostJobs(bus, self.attempts)


@pytest.fixture
def parts(database: Database, bus: Bus) -> Losing:
    return Losing(database, bus)


@pytest.fixture
async def hearing(database: Database, bus: Bus, parts: Losing) -> AsyncIterator[None]:
    """What the bus says of lost jobs is recorded."""
    set_aside = DeadLetters(database, utc_now).set_aside
    ingest = Ingest(bus, LOST_JOBS_CONSUMER, lost_job_in, parts.jobs.record, set_aside)
    running = asyncio.create_task(ingest.run())
    yield
    await stop(running)


async def published(database: Database, parts: Losing) -> NewCheck:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET due_at = now()")
    (job,) = [
        each.job for each in await losing_probes(database) if each.job.probe_id == check.probe_id
    ]
    await parts.dispatcher.publish([job])
    return check


async def losing_probes(database: Database) -> list[DueProbe]:
    ids = [probe_id for (probe_id,) in await rows(database, "SELECT id FROM probes")]
    async with database.session() as connection:
        return await find_open_probes(connection, ids)


async def test_a_job_whose_prober_fell_silent_is_made_again_under_another_number(
    database: Database, bus: Bus, parts: Losing, hearing: None
) -> None:
    check = await published(database, parts)
    async with bus.consumer(QUICK) as consumer:
        (taken,) = await consumer.pull(1, 5.0)

        async def is_published_again() -> bool:
            return await rows(database, "SELECT state, attempt FROM probes") == [("published", 2)]

        await eventually(is_published_again)
        (again,) = await consumer.pull(1, 5.0)
        await again.ack()
    assert taken.message_id == f"{check.probe_id}-1"
    assert again.message_id == f"{check.probe_id}-2"
    assert await rows(database, "SELECT lost FROM probes") == [
        (["A prober took it and was silent for 8 seconds."],)
    ]
    # Nobody finds the first one again.
    assert await bus.message_id(JOBS_STREAM.name, 1) is None


async def test_after_the_third_lost_attempt_there_is_no_other(
    database: Database, bus: Bus, parts: Losing
) -> None:
    check = await published(database, parts)
    for attempt in (1, 2, 3):
        lost = LostAttempt(probe_id=check.probe_id, attempt=attempt, reason=f"for the {attempt}.")
        await parts.attempts.record([lost, lost])
        await parts.attempts.record([lost])
    assert await rows(database, "SELECT state, attempt, lost FROM probes") == [
        ("failed", 3, ["for the 1.", "for the 2."])
    ]
    assert await rows(database, "SELECT status, failure_reason, failure_owner FROM checks") == [
        ("failed", "attempts_exhausted", "ours")
    ]
    assert await rows(
        database, "SELECT kind, check_id, vantage_point, reason FROM dead_letters"
    ) == [("check", check.id, "eu-west-1", "1. for the 1.\n2. for the 2.\n3. for the 3.")]


async def test_an_attempt_that_is_not_the_current_one_cannot_be_lost(
    database: Database, parts: Losing
) -> None:
    check = await published(database, parts)
    for attempt in (2, 0):
        await parts.attempts.record(
            [LostAttempt(probe_id=check.probe_id, attempt=attempt, reason="")]
        )
    await parts.attempts.record([LostAttempt(probe_id="prb_x", attempt=1, reason="")])
    assert await rows(database, "SELECT state, attempt FROM probes") == [("published", 1)]


async def test_a_job_cannot_be_lost_while_its_report_may_wait_to_be_recorded(
    database: Database, bus: Bus, parts: Losing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losing, "_REPORT_WAIT_S", 0.2)
    await published(database, parts)
    await bus.publish("reports", b"waits")
    await asyncio.sleep(0.3)
    with pytest.raises(Unavailable):
        await parts.jobs.record([LostJob(consumer=QUICK.name, sequence=1)])
    assert await rows(database, "SELECT state, attempt FROM probes") == [("published", 1)]


async def test_a_lost_job_that_is_gone_or_of_nobody_is_passed_over(bus: Bus, parts: Losing) -> None:
    sequence = await bus.publish("jobs.eu-west-1", b"without an id")
    await parts.jobs.record(
        [LostJob(consumer="c", sequence=sequence), LostJob(consumer="c", sequence=10**6)]
    )


async def are_due(database: Database) -> list[tuple[object, ...]]:
    return await rows(database, "SELECT state, due_at <= now() FROM probes ORDER BY state")


async def test_published_jobs_are_looked_for_at_the_start_and_then_only_with_a_reason(
    database: Database, bus: Bus, parts: Losing
) -> None:
    loss = BusLoss(database, bus)
    await published(database, parts)
    await store(database, new_check())
    await loss.look()
    assert await are_due(database) == [("published", True), ("queued", False)]
    await rows(database, "UPDATE probes SET due_at = now() + interval '1 min'")
    await loss.look()
    assert await are_due(database) == [("published", False), ("queued", False)]
    await bus.reconnected()
    await loss.look()
    assert await are_due(database) == [("published", True), ("queued", False)]


async def test_published_jobs_are_looked_for_when_the_stream_was_made_anew(
    database: Database, bus: Bus, nats_url: str, parts: Losing
) -> None:
    loss = BusLoss(database, bus)
    await published(database, parts)
    await loss.look()
    await rows(database, "UPDATE probes SET due_at = now() + interval '1 min'")
    client = await nats.connect(nats_url)
    await client.jetstream().delete_stream(JOBS_STREAM.name)
    await client.close()
    await loss.look()
    assert await are_due(database) == [("published", True)]
    async with probing(bus):  # the stream is there again
        await bus.publish("jobs.eu-west-1", b"")


async def test_published_jobs_are_looked_for_when_the_end_of_the_stream_is_missing(
    bus: Bus, database: Database
) -> None:
    await bus.publish("jobs.eu-west-1", b"1")
    earlier = await bus.memory(JOBS_STREAM.name)
    await bus.publish("jobs.eu-west-1", b"2")
    later = await bus.memory(JOBS_STREAM.name)
    assert earlier is not None
    assert later is not None
    assert not later.may_have_lost(earlier)
    assert earlier.may_have_lost(later)
    assert await bus.memory("NONE_SUCH") is None
