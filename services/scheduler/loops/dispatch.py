"""Puts jobs on the bus as soon as they are committed, and notes where they are.

Law: this queue may lose anything. The row is the outbox: what is not noted as published is
published by the sweep, under the same message id, so that the bus drops the copy.

A row that another transaction holds is noted a little later: it may be about to be cancelled, and
then nobody but us knows where its job is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, TypeVar

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable, Outgoing
from outscope.bus.subjects import DELIVERIES, DELIVERIES_STREAM, JOBS_STREAM, jobs
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import ProbeJob, job_message_id
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.domain.lease import LEASE_S
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.deliveries import mark_deliveries_published
from services.scheduler.store.probes import Noted, mark_published
from services.scheduler.translate.check import job_payload
from services.scheduler.translate.webhook import delivery_payload

log = logger(__name__)

_CAPACITY: Final = 20_000
_BATCH: Final = 500
_NOTE_AGAIN_S: Final = 1.0

_PUBLISHED = Counter("outscope_jobs_published_total", "Jobs put on the bus.", ("kind",))
_DROPPED = Counter("outscope_jobs_left_to_sweep_total", "Jobs left to the sweep.", ("kind",))

J = TypeVar("J")
# Row id, attempt and stream sequence.
Placed = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind(Generic[J]):
    """How one kind of job is put on the bus and noted."""

    name: str
    outgoing: Callable[[J], Outgoing]
    identity: Callable[[J], tuple[str, int]]
    note: Callable[[Connection, Sequence[Placed]], Awaitable[Noted]]
    stream: str


class Dispatcher(Generic[J]):
    """Publishes what it is offered, in batches, in order."""

    def __init__(self, kind: JobKind[J], bus: Bus, database: Database) -> None:
        self._kind = kind
        self._bus = bus
        self._database = database
        self._queue: deque[J] = deque()
        self._not_noted: deque[Placed] = deque(maxlen=_CAPACITY)
        self._offered = asyncio.Event()

    def offer(self, offered: Sequence[J]) -> None:
        """Take jobs whose rows are committed; those that find no room are left to the sweep."""
        room = max(0, _CAPACITY - len(self._queue))
        self._queue.extend(islice(offered, room))
        if len(offered) > room:
            _DROPPED.labels(self._kind.name).inc(len(offered) - room)
        self._offered.set()

    async def run(self) -> None:
        """Publish for ever."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._publish_offered())
            both.create_task(repeat("noting", self._note_again, every_s=_NOTE_AGAIN_S))

    async def _publish_offered(self) -> None:
        while True:
            await self._offered.wait()
            self._offered.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
                await self.publish(batch)

    async def publish(self, batch: Sequence[J]) -> None:
        """Publish jobs and note where they are; what fails is left to the sweep."""
        if not self._bus.is_connected:
            _DROPPED.labels(self._kind.name).inc(len(batch))
            return
        results = await self._bus.publish_many([self._kind.outgoing(job) for job in batch])
        placed: list[Placed] = []
        for job, sequence in zip(batch, results, strict=True):
            if isinstance(sequence, int):
                placed.append((*self._kind.identity(job), sequence))
        if len(placed) < len(batch):
            log.warning("jobs not published", kind=self._kind.name, jobs=len(batch) - len(placed))
            _DROPPED.labels(self._kind.name).inc(len(batch) - len(placed))
        if placed:
            _PUBLISHED.labels(self._kind.name).inc(len(placed))
            await self._note(placed)

    async def _note(self, placed: Sequence[Placed]) -> None:
        try:
            async with self._database.session() as connection:
                noted = await self._kind.note(connection, placed)
        except Unavailable as error:
            log.warning("published jobs not noted", jobs=len(placed), cause=error)
            self._not_noted.extend(placed)
            return
        self._not_noted.extend(each for each in placed if each[0] in noted.skipped)
        for row_id, attempt, sequence in placed:
            if row_id in noted.unwanted:
                await self._delete(sequence, job_message_id(row_id, attempt))

    async def _note_again(self) -> bool:
        again = list(self._not_noted)
        self._not_noted.clear()
        for start in range(0, len(again), _BATCH):
            await self._note(again[start : start + _BATCH])
        return False

    async def _delete(self, sequence: int, message_id: str) -> None:
        try:
            await self._bus.delete(self._kind.stream, sequence, message_id)
        except BusUnavailable as error:
            log.warning("cancelled job not deleted", message_id=message_id, cause=error)


def probe_jobs(budget: Budget) -> JobKind[ProbeJob]:
    """Return how probe jobs are put on the bus; each tells what its target may be asked."""

    def outgoing(job: ProbeJob) -> Outgoing:
        return Outgoing(
            subject=jobs(job.spec.vantage_point),
            payload=job_payload(job, budget),
            message_id=job.message_id,
            traceparent=job.traceparent,
        )

    return JobKind(
        name="probe",
        outgoing=outgoing,
        identity=lambda job: (job.probe_id, job.attempt),
        note=_note_probes,
        stream=JOBS_STREAM.name,
    )


def _delivery_outgoing(job: DeliveryJob) -> Outgoing:
    return Outgoing(
        subject=DELIVERIES,
        payload=delivery_payload(job),
        message_id=job.message_id,
        traceparent=job.traceparent,
    )


async def _note_probes(connection: Connection, placed: Sequence[Placed]) -> Noted:
    return await mark_published(connection, placed, lease_s=LEASE_S)


async def _note_deliveries(connection: Connection, placed: Sequence[Placed]) -> Noted:
    await mark_deliveries_published(connection, placed, lease_s=LEASE_S)
    return Noted()


DELIVERY_JOBS: Final[JobKind[DeliveryJob]] = JobKind(
    name="delivery",
    outgoing=_delivery_outgoing,
    identity=lambda job: (job.delivery_id, job.attempt),
    note=_note_deliveries,
    stream=DELIVERIES_STREAM.name,
)
