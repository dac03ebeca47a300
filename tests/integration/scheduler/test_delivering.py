"""An endpoint that is slow or dead delays no other: with notifiers that have few places."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.v1 import messages_pb2
from services.scheduler.delivering import Delivering
from services.scheduler.domain.endpoint import Pace
from services.scheduler.domain.subscription import Event
from services.scheduler.loops.outbox import store_events
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import eventually, rows, stop

EVENTS: Final = 150
AT_ONCE: Final = 8
# Fewer than two endpoints may use, so that a slow one could fill them all but for its own bound.
PLACES: Final = 12
SLOW_S: Final = 3.0


@asynccontextmanager
async def delivering(database: Database, bus: Bus) -> AsyncIterator[Delivering]:
    parts = Delivering(database, bus, Pace(at_once=AT_ONCE, rate=0))
    async with AsyncExitStack() as stack:
        for loop in parts.loops().values():
            stack.push_async_callback(stop, asyncio.create_task(loop()))
        yield parts


class Notifiers:
    """Plays the notifiers: so many attempts at once, each as long as its endpoint takes."""

    def __init__(self, bus: Bus, database: Database) -> None:
        self._bus = bus
        self._database = database
        self._room = asyncio.Semaphore(PLACES)
        self._endpoints: dict[str, str] = {}
        self._under_way: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    async def run(self) -> None:
        async with (
            asyncio.TaskGroup() as posts,
            self._bus.consumer(subjects.DELIVERIES_CONSUMER) as consumer,
        ):
            while True:
                await self._room.acquire()
                self._room.release()
                for message in await consumer.pull(1, 1.0):
                    await self._room.acquire()
                    posts.create_task(self._post(message))

    async def _post(self, message: Message) -> None:
        job = messages_pb2.DeliveryJob.FromString(message.payload)
        endpoint = await self._endpoint_of(job.delivery_id)
        self._under_way[endpoint] += 1
        self.most[endpoint] = max(self.most[endpoint], self._under_way[endpoint])
        told = messages_pb2.DeliveryAttempt(delivery_id=job.delivery_id, attempt=job.attempt)
        told.attempted_at.GetCurrentTime()
        if endpoint == "whk_slow":
            await asyncio.sleep(SLOW_S)
        if endpoint == "whk_dead":
            told.error = "connect_failed"
        else:
            told.status_code = 200
        self._under_way[endpoint] -= 1
        self._room.release()
        await self._bus.publish(
            subjects.DELIVERY_ATTEMPTS,
            told.SerializeToString(),
            f"{job.delivery_id}-{job.attempt}",
        )
        await message.ack()

    async def _endpoint_of(self, delivery_id: str) -> str:
        ((webhook_id,),) = await rows(
            self._database, "SELECT webhook_id FROM webhook_deliveries WHERE id = %s", delivery_id
        )
        return str(webhook_id)


async def test_a_slow_and_a_dead_endpoint_delay_no_good_one(database: Database, bus: Bus) -> None:
    for name in ("dead", "good", "slow"):
        async with database.session() as connection:
            await insert_webhook(
                connection,
                webhook_id=f"whk_{name}",
                account_id="acc_a",
                url="https://a.example/",
                events=["*"],
                secret="whsec_x",
            )
    events = [
        Event(account_id="acc_a", type="check.completed", subject_id=f"chk_{number}")
        for number in range(EVENTS)
    ]
    notifiers = Notifiers(bus, database)
    async with delivering(database, bus) as parts:
        posting = asyncio.create_task(notifiers.run())
        try:
            async with database.transaction() as connection:
                await store_events(connection, events, unix_ms=1)
            parts.turns.look()

            async def is_good_done() -> bool:
                return await count(database, "whk_good") == EVENTS

            await eventually(is_good_done, patience_s=40.0)
        finally:
            await stop(posting)
    # All others wait still, so they came ahead of nobody.
    assert await count(database, "whk_slow") < EVENTS / 2
    assert await count(database, "whk_dead") == 0
    assert notifiers.most["whk_slow"] <= AT_ONCE
    assert await rows(
        database, "SELECT count(*) FROM webhooks WHERE failing_since IS NOT NULL"
    ) == [(1,)]


async def count(database: Database, webhook_id: str) -> int:
    ((delivered,),) = await rows(
        database,
        "SELECT count(*) FROM webhook_deliveries WHERE webhook_id = %s AND state = 'delivered'",
        webhook_id,
    )
    return int(delivered)
