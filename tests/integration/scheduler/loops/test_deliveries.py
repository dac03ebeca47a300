import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.scheduler.domain.delivery import Attempt, DeliveryJob, NewDelivery
from services.scheduler.domain.endpoint import Pace
from services.scheduler.loops.deliveries import DeliverySweep
from services.scheduler.loops.delivery_records import DeliveryRecords
from services.scheduler.loops.delivery_turns import DeliveryTurns
from services.scheduler.loops.dispatch import DELIVERY_JOBS, Dispatcher
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows

Publish: TypeAlias = Callable[[], Awaitable[None]]


@pytest.fixture
def records(database: Database) -> DeliveryRecords:
    return DeliveryRecords(database, random.Random(1))


@pytest.fixture
def dispatcher(database: Database, bus: Bus) -> Dispatcher[DeliveryJob]:
    return Dispatcher(DELIVERY_JOBS, bus, database)


@pytest.fixture
def sweep(
    database: Database, bus: Bus, records: DeliveryRecords, dispatcher: Dispatcher[DeliveryJob]
) -> DeliverySweep:
    return DeliverySweep(database, bus, dispatcher, records, utc_now)


@pytest.fixture
def publish(database: Database, bus: Bus, dispatcher: Dispatcher[DeliveryJob]) -> Publish:
    """Hand out what is due, and publish it."""

    async def hand_out_and_publish() -> None:
        jobs: list[DeliveryJob] = []
        await DeliveryTurns(database, bus, jobs.extend, Pace(at_once=100, rate=0)).hand_out()
        if jobs:
            await dispatcher.publish(jobs)

    return hand_out_and_publish


@pytest.fixture(autouse=True)
async def deliveries(database: Database) -> None:
    """Two deliveries for one webhook, one for another."""
    async with database.session() as connection:
        for number in (1, 2):
            await insert_webhook(
                connection,
                webhook_id=f"whk_{number}",
                account_id="acc_a",
                url="https://a.example/",
                events=["check.completed"],
                secret="whsec_x",
            )
        await insert_deliveries(
            connection,
            [
                NewDelivery(
                    id=f"dlv_{number}",
                    webhook_id="whk_2" if number == 3 else "whk_1",
                    check_id=f"chk_{number}",
                    event_type="check.completed",
                    message_id=f"msg_{number}",
                )
                for number in (1, 2, 3)
            ],
            grace_s=0,
        )


def attempt(
    number: int, *, attempt: int = 1, status_code: int | None = 500, error: str = "http_status"
) -> Attempt:
    return Attempt(
        delivery_id=f"dlv_{number}",
        attempt=attempt,
        attempted_at=utc_now(),
        duration_ms=12,
        status_code=status_code,
        error=error,
        retry_after_s=None,
    )


async def states(database: Database) -> list[tuple[object, ...]]:
    found = await rows(database, "SELECT state, attempt FROM webhook_deliveries ORDER BY id")
    return [tuple(row) for row in found]


async def taken(bus: Bus) -> Sequence[tuple[str, int]]:
    jobs = []
    async with bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer:
        for message in await consumer.pull(100, 1.0):
            job = messages_pb2.DeliveryJob.FromString(message.payload)
            jobs.append((job.delivery_id, job.attempt))
            await message.ack()
        await asyncio.sleep(0.1)
    return sorted(jobs)


async def test_what_is_due_is_published_once(
    publish: Publish, database: Database, bus: Bus
) -> None:
    await publish()
    await rows(database, "UPDATE webhook_deliveries SET state = 'waiting', due_at = now()")
    await publish()
    assert await taken(bus) == [("dlv_1", 1), ("dlv_2", 1), ("dlv_3", 1)]
    assert await states(database) == [("published", 1)] * 3


async def test_attempts_decide_what_follows(records: DeliveryRecords, database: Database) -> None:
    await records.record(
        [
            attempt(1, status_code=204),
            attempt(2, status_code=503),
            attempt(3, status_code=None, error="target_refused"),
        ]
    )
    assert await states(database) == [("delivered", 1), ("waiting", 2), ("failed", 1)]
    ((delay_s,),) = await rows(
        database,
        "SELECT extract(epoch FROM due_at - now())::float FROM webhook_deliveries"
        " WHERE id = 'dlv_2'",
    )
    assert 3 <= delay_s <= 6


async def test_what_is_late_or_told_twice_changes_nothing(
    records: DeliveryRecords, database: Database
) -> None:
    await records.record([attempt(1), attempt(1), attempt(2, attempt=7)])
    await records.record([attempt(1, attempt=1, status_code=200)])
    await records.record([attempt(99)])
    assert await states(database) == [("waiting", 2), ("waiting", 1), ("waiting", 1)]
    assert await rows(database, "SELECT delivery_id, attempt FROM delivery_attempts") == [
        ("dlv_1", 1)
    ]


async def test_an_endpoint_that_is_gone_gets_nothing_more(
    records: DeliveryRecords, publish: Publish, database: Database, bus: Bus
) -> None:
    await records.record([attempt(1, status_code=410)])
    assert await states(database) == [("failed", 1), ("failed", 1), ("waiting", 1)]
    disabled = await rows(database, "SELECT disabled_at IS NOT NULL FROM webhooks ORDER BY id")
    assert disabled == [(True,), (False,)]
    await publish()
    assert await taken(bus) == [("dlv_3", 1)]


async def test_ten_attempts_are_made(records: DeliveryRecords, database: Database) -> None:
    for number in range(1, 11):
        assert (await states(database))[0] == ("waiting", number)
        await records.record([attempt(1, attempt=number)])
    assert (await states(database))[0] == ("failed", 10)


async def test_a_job_the_bus_still_holds_is_left_there(
    publish: Publish, sweep: DeliverySweep, database: Database
) -> None:
    await publish()
    await rows(database, "UPDATE webhook_deliveries SET due_at = now()")
    await sweep.sweep()
    assert await states(database) == [("published", 1)] * 3


async def test_an_attempt_nobody_reported_is_recorded_as_lost_and_made_again(
    publish: Publish, sweep: DeliverySweep, database: Database, bus: Bus
) -> None:
    await publish()
    await taken(bus)
    await rows(database, "UPDATE webhook_deliveries SET due_at = now()")
    await sweep.sweep()
    assert await states(database) == [("waiting", 2)] * 3
    lost = await rows(database, "SELECT DISTINCT attempt, error FROM delivery_attempts")
    assert lost == [(1, "attempt_lost")]
