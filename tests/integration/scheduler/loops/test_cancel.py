"""Cancelling, with real Postgres and NATS: the row first, then the word, and never two ends."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.subjects import CANCEL_ALL, JOBS_STREAM, jobs, jobs_consumer
from outscope.clock import utc_now
from outscope.errors import Conflict, NotFound, Unavailable
from outscope.v1 import messages_pb2
from services.scheduler.domain.check import NewCheck, ProbeEnd
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.loops.cancel import Cancelling
from services.scheduler.loops.ending import Ending
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.probes import mark_published
from services.scheduler.store.webhooks import insert_webhook
from tests.backends import nats_process
from tests.integration.scheduler.driving import eventually, new_check, rows, stop, store

EVENTS = ("check.completed", "check.failed", "check.cancelled")


@pytest.fixture
def offered() -> list[DeliveryJob]:
    return []


@pytest.fixture
def ending(database: Database, bus: Bus, offered: list[DeliveryJob]) -> Ending:
    return Ending(database, bus, offered.extend, utc_now)


@pytest.fixture
def cancelling(bus: Bus, ending: Ending) -> Cancelling:
    return Cancelling(bus, ending)


@pytest.fixture
async def heard(bus: Bus) -> AsyncIterator[list[str]]:
    """The checks that probers are told to stop."""
    told: list[str] = []

    async def hear(payload: bytes) -> None:
        told.append(messages_pb2.CheckCancelled.FromString(payload).check_id)

    async with bus.subscription(CANCEL_ALL, hear):
        yield told


async def subscribe(database: Database, *events: str) -> None:
    async with database.transaction() as connection:
        await insert_webhook(
            connection,
            webhook_id="whk_a",
            account_id="acc_a",
            url="https://a.example/",
            events=events,
            secret="whsec_x",
        )


def reported(check: NewCheck) -> ProbeEnd:
    return ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, result=b"r")


async def test_a_cancelled_check_has_ended_and_its_job_is_gone_from_the_bus(
    cancelling: Cancelling, database: Database, bus: Bus, heard: list[str]
) -> None:
    check, other = new_check(), new_check()
    await store(database, check, other)
    placed = []
    for each in (check, other):
        sequence = await bus.publish(jobs("eu-west-1"), b"job", f"{each.probe_id}-1")
        placed.append((each.probe_id, 1, sequence))
    async with database.session() as connection:
        await mark_published(connection, placed, lease_s=60)
    await cancelling.cancel(check.id, account_id="acc_a")
    assert await rows(
        database,
        "SELECT checks.id, status, state, checks.ended_at IS NOT NULL, probes.ended_at IS NOT NULL"
        "  FROM checks JOIN probes ON check_id = checks.id ORDER BY checks.created_at",
    ) == [
        (check.id, "cancelled", "cancelled", True, True),
        (other.id, "pending", "published", False, False),
    ]
    assert not await bus.holds(JOBS_STREAM.name, placed[0][2], f"{check.probe_id}-1")
    assert await bus.backlog(jobs_consumer("eu-west-1")) == 0  # no prober has made it yet
    assert await bus.holds(JOBS_STREAM.name, placed[1][2], f"{other.probe_id}-1")

    async def was_heard() -> bool:
        return heard == [check.id]

    await eventually(was_heard)


async def test_a_report_that_comes_after_a_cancellation_changes_nothing(
    cancelling: Cancelling, ending: Ending, database: Database, offered: list[DeliveryJob]
) -> None:
    await subscribe(database, *EVENTS)
    check = new_check()
    await store(database, check)
    await cancelling.cancel(check.id, account_id="acc_a")
    await ending.record_reports([reported(check)])
    await ending.give_up([reported(check)])
    assert await rows(database, "SELECT status, state, result FROM checks, probes") == [
        ("cancelled", "cancelled", None)
    ]
    assert await rows(database, "SELECT event_type FROM webhook_deliveries") == [
        ("check.cancelled",)
    ]
    assert len(offered) == 1


async def test_a_webhook_that_does_not_name_the_event_is_not_told(
    cancelling: Cancelling, database: Database, offered: list[DeliveryJob]
) -> None:
    await subscribe(database, "check.completed", "check.failed")
    check = new_check()
    await store(database, check)
    await cancelling.cancel(check.id, account_id="acc_a")
    assert offered == []


async def test_what_has_ended_is_a_conflict_and_what_is_anothers_is_not_found(
    cancelling: Cancelling, ending: Ending, database: Database
) -> None:
    completed, pending = new_check(), new_check()
    await store(database, completed, pending)
    await ending.record_reports([reported(completed)])
    with pytest.raises(Conflict, match="it is completed") as refused:
        await cancelling.cancel(completed.id, account_id="acc_a")
    assert refused.value.details == {"status": "completed"}
    for check_id, account_id in ((pending.id, "acc_b"), ("chk_none", "acc_a"), ("", "acc_a")):
        with pytest.raises(NotFound):
            await cancelling.cancel(check_id, account_id=account_id)
    await cancelling.cancel(pending.id, account_id="acc_a")
    with pytest.raises(Conflict, match="it is cancelled"):
        await cancelling.cancel(pending.id, account_id="acc_a")


async def test_while_nobody_can_be_told_to_stop_nothing_is_cancelled(
    database: Database, nats_url: str
) -> None:
    async with connect_bus(nats_url, "closed") as away:
        pass
    check = new_check()
    await store(database, check)
    cancelling = Cancelling(away, Ending(database, away, lambda _: None, utc_now))
    with pytest.raises(Unavailable):
        await cancelling.cancel(check.id, account_id="acc_a")
    assert await rows(database, "SELECT status FROM checks") == [("pending",)]


async def test_cancelled_and_reported_at_once_a_check_ends_once_whoever_is_first(
    database: Database, database_url: str, bus: Bus
) -> None:
    await subscribe(database, *EVENTS)
    checks = [new_check() for _ in range(200)]
    await store(database, *checks)
    async with open_database(database_url) as other:
        here, there = (Ending(each, bus, lambda _: None, utc_now) for each in (database, other))
        cancellers = [Cancelling(bus, here), Cancelling(bus, there)]

        async def report() -> None:
            for start in range(0, 200, 20):
                await there.record_reports([reported(each) for each in checks[start : start + 20]])
                await asyncio.sleep(0.01)

        async def cancel(number: int) -> str:
            try:
                await cancellers[number % 2].cancel(checks[number // 2].id, account_id="acc_a")
            except Conflict as refusal:
                return str(refusal.details["status"])
            return "cancelled now"

        # Each check by two callers at once, from the last to be reported on.
        reporting = asyncio.create_task(report())
        outcomes = await asyncio.gather(*(cancel(number) for number in reversed(range(400))))
        await reporting
    stored = dict(await rows(database, "SELECT status, count(*) FROM checks GROUP BY status"))
    assert set(stored) == {"cancelled", "completed"}
    assert outcomes.count("cancelled now") == stored["cancelled"]
    assert outcomes.count("completed") == 2 * stored["completed"]
    assert await rows(
        database,
        "SELECT count(*) FROM checks JOIN probes ON check_id = checks.id"
        " JOIN webhook_deliveries AS told ON told.check_id = checks.id"
        " WHERE probes.state = status AND event_type = 'check.' || status"
        "   AND (result IS NULL) = (status = 'cancelled')",
    ) == [(200,)]
    assert await rows(database, "SELECT count(*) FROM webhook_deliveries") == [(200,)]


@pytest.mark.parametrize("is_restarted", [False, True], ids=["goes on", "is restarted"])
async def test_while_the_bus_hangs_a_check_is_cancelled_at_once_and_told_when_it_is_back(
    database: Database, tmp_path: Path, *, is_restarted: bool
) -> None:
    check = new_check()
    await store(database, check)
    with nats_process(tmp_path) as server:
        async with connect_bus(server.server.url(), "scheduler") as bus:
            await bus.ensure_streams()
            sequence = await bus.publish(jobs("eu-west-1"), b"job", f"{check.probe_id}-1")
            async with database.session() as connection:
                await mark_published(connection, [(check.probe_id, 1, sequence)], lease_s=60)
            cancelling = Cancelling(bus, Ending(database, bus, lambda _: None, utc_now))
            os.kill(server.pid, signal.SIGSTOP)
            async with asyncio.timeout(2.5):
                await cancelling.cancel(check.id, account_id="acc_a")
            assert await rows(database, "SELECT status FROM checks") == [("cancelled",)]
            if is_restarted:
                server.kill()
                await asyncio.to_thread(server.start)
            else:
                os.kill(server.pid, signal.SIGCONT)
            async with a_prober_listening(server.server.url()) as told:
                running = asyncio.create_task(cancelling.run())

                async def is_told() -> bool:
                    return check.id in told

                await eventually(is_told, patience_s=20)

                async def is_gone() -> bool:
                    return await bus.message_id(JOBS_STREAM.name, sequence) is None

                await eventually(is_gone, patience_s=20)
                count = len(told)
                await asyncio.sleep(1.5)
                assert len(told) == count  # and no more
                await stop(running)


@asynccontextmanager
async def a_prober_listening(url: str) -> AsyncIterator[list[str]]:
    """The checks that a prober is told to stop, which is there only now."""
    told: list[str] = []

    async def hear(payload: bytes) -> None:
        told.append(messages_pb2.CheckCancelled.FromString(payload).check_id)

    async with connect_bus(url, "prober") as bus, bus.subscription(CANCEL_ALL, hear):
        yield told
