"""Looks for deliveries that were handed out and not told of, and settles what is not to be sent.

Law: a job that is gone was acknowledged after its attempt was reported. While reports wait to be
recorded its own may be among them, and no attempt counts as lost.
"""

from collections.abc import Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import DELIVERIES_STREAM, DELIVERY_ATTEMPTS_STREAM
from outscope.clock import Clock
from outscope.telemetry.logs import logger
from services.scheduler.domain.delivery import DeliveryJob, lost_attempt
from services.scheduler.domain.lease import CLAIM_S, LEASE_S
from services.scheduler.loops.delivery_records import DeliveryRecords
from services.scheduler.loops.dispatch import Dispatcher
from services.scheduler.loops.held import held_on_bus
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import (
    ClaimedDelivery,
    claim_due_deliveries,
    extend_delivery_leases,
)
from services.scheduler.store.delivery_turns import settle_disabled

log = logger(__name__)

_BATCH: Final = 500
_EVERY_S: Final = 1.0
# Reports that wait for longer than this are not being recorded as fast as they come.
_REPORT_WAIT_S: Final = 3.0


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
            settled = await settle_disabled(connection, limit=_BATCH)
            due = await claim_due_deliveries(connection, limit=_BATCH, claim_s=CLAIM_S)
        unnoted = [each.job for each in due if each.stream_sequence is None]
        if unnoted:
            await self._dispatcher.publish(unnoted)
        published = [each for each in due if each.stream_sequence is not None]
        if published:
            await self._look_for_jobs(published)
        return _BATCH in (settled, len(due))

    async def _look_for_jobs(self, published: Sequence[ClaimedDelivery]) -> None:
        """Extend the lease of jobs the bus still holds; record the others as lost attempts."""
        held = await held_on_bus(
            self._bus,
            DELIVERIES_STREAM.name,
            [(each.stream_sequence, each.job.message_id) for each in published],
        )
        if not all(held) and await self._reports_are_waiting():
            held = [True] * len(held)
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

    async def _reports_are_waiting(self) -> bool:
        return await self._bus.longest_wait_s(DELIVERY_ATTEMPTS_STREAM.name) > _REPORT_WAIT_S
