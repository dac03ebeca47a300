"""Keeps webhook deliveries going: publishes what is due, records attempts, decides what follows."""

import random
from collections.abc import Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import DELIVERIES_STREAM
from outscope.clock import Clock
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.delivery import (
    Attempt,
    DeliveryJob,
    DeliveryState,
    Sequel,
    lost_attempt,
    sequel_of,
)
from services.scheduler.domain.lease import CLAIM_S, LEASE_S
from services.scheduler.loops.dispatch import Dispatcher
from services.scheduler.loops.held import held_on_bus
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.deliveries import (
    ClaimedDelivery,
    apply_sequels,
    claim_due_deliveries,
    extend_delivery_leases,
    give_up_deliveries_of,
    insert_attempts,
    lock_open_deliveries,
)
from services.scheduler.store.webhooks import disable_webhooks

log = logger(__name__)

_BATCH: Final = 500
_EVERY_S: Final = 1.0
_GONE: Final = "endpoint_gone"

_ATTEMPTS = Counter(
    "outscope_delivery_attempts_recorded_total", "Webhook attempts recorded.", ("sequel",)
)


class DeliveryRecords:
    """Records attempts at deliveries."""

    def __init__(self, database: Database, chance: random.Random) -> None:
        self._database = database
        self._chance = chance

    async def record(self, told: Sequence[Attempt]) -> None:
        """Record attempts and what follows; what is late or told twice changes nothing."""
        async with self._database.transaction() as connection:
            opened = await lock_open_deliveries(connection, {each.delivery_id for each in told})
            current = {
                each.delivery_id: each
                for each in told
                if each.delivery_id in opened and opened[each.delivery_id][0] == each.attempt
            }
            if not current:
                return
            sequels = [
                (each, sequel_of(each, jitter=self._chance.random())) for each in current.values()
            ]
            await insert_attempts(connection, list(current.values()))
            await apply_sequels(connection, sequels)
            await _disable(
                connection,
                {
                    opened[each.delivery_id][1]
                    for each, sequel in sequels
                    if sequel.disables_webhook
                },
            )
        _count(sequels)


class DeliverySweep:
    """Sweeps the deliveries."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        dispatcher: Dispatcher[DeliveryJob],
        records: DeliveryRecords,
        clock: Clock,
    ) -> None:
        self._database = database
        self._bus = bus
        self._dispatcher = dispatcher
        self._records = records
        self._clock = clock

    async def run(self) -> None:
        """Sweep for ever."""
        await repeat("delivery sweep", self.sweep, every_s=_EVERY_S)

    async def sweep(self) -> bool:
        """Look at what is due; tell whether there may be more."""
        async with self._database.session() as connection:
            due = await claim_due_deliveries(connection, limit=_BATCH, claim_s=CLAIM_S)
        waiting = [each.job for each in due if each.state is DeliveryState.WAITING]
        if waiting:
            await self._dispatcher.publish(waiting)
        published = [each for each in due if each.state is DeliveryState.PUBLISHED]
        if published:
            await self._look_for_jobs(published)
        return len(due) == _BATCH

    async def _look_for_jobs(self, published: Sequence[ClaimedDelivery]) -> None:
        """Extend the lease of jobs the bus still holds; record the others as lost attempts."""
        held = await held_on_bus(
            self._bus,
            DELIVERIES_STREAM.name,
            [(each.stream_sequence, each.job.message_id) for each in published],
        )
        kept = [each.job for each, is_held in zip(published, held, strict=True) if is_held]
        lost = [each.job for each, is_held in zip(published, held, strict=True) if not is_held]
        if kept:
            async with self._database.session() as connection:
                await extend_delivery_leases(connection, [job.delivery_id for job in kept], LEASE_S)
        if lost:
            log.warning("delivery attempts lost", deliveries=len(lost))
            now = self._clock()
            await self._records.record(
                [lost_attempt(job.delivery_id, job.attempt, now) for job in lost]
            )


async def _disable(connection: Connection, webhook_ids: set[str]) -> None:
    if webhook_ids:
        log.info("webhooks disabled: their endpoints are gone", webhooks=sorted(webhook_ids))
        await disable_webhooks(connection, webhook_ids, _GONE)
        await give_up_deliveries_of(connection, webhook_ids, _GONE)


def _count(sequels: Sequence[tuple[Attempt, Sequel]]) -> None:
    for _, sequel in sequels:
        _ATTEMPTS.labels(sequel.event).inc()
