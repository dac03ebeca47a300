"""Finds jobs that nobody works on and of which the bus has not said so, and counts them as lost.

The bus says once that a job was handed out in vain, and may lose that word in a crash. So it is
asked how many jobs are left aside. While there are some, it is listened for as long as a prober may
be silent: what nobody speaks for in that time is lost.

Law: no more jobs count as lost than the bus says are left aside. Where more are silent the words of
their probers do not reach us, and nobody can tell which they are.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.handed_out import HandedOut
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOB_ACK_WAIT_S, JOBS_STREAM, jobs_consumer
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.domain.check import LostAttempt, job_message_id
from services.scheduler.loops.held import delete_from_bus, held_on_bus
from services.scheduler.loops.lost import SILENT, LostAttempts
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.probes import WaitingProbe, find_published

log = logger(__name__)

_LOOK_EVERY_S: Final = 2.0
_BATCH: Final = 500


class LeftAside:
    """Looks for such jobs; names are the vantage points there are."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        attempts: LostAttempts,
        names: Callable[[], Iterable[str]],
        *,
        silent_s: float = JOB_ACK_WAIT_S,
    ) -> None:
        self._database = database
        self._bus = bus
        self._attempts = attempts
        self._names = names
        self._silent_s = silent_s
        # Where some were left aside when last looked: the word of it may have been on its way.
        self._doubted: set[str] = set()

    async def run(self) -> None:
        """Look for ever."""
        await repeat("jobs left aside", self.look, every_s=_LOOK_EVERY_S)

    async def look(self) -> bool:
        """Look once, at all vantage points side by side; raises BusUnavailable and Unavailable."""
        looks = [self._look_at(name) for name in self._names()]
        for fault in await asyncio.gather(*looks, return_exceptions=True):
            if isinstance(fault, BaseException):
                raise fault
        return False

    async def _look_at(self, vantage_point: str) -> None:
        told = await self._bus.handed_out(jobs_consumer(vantage_point))
        if not told.left_aside:
            self._doubted.discard(vantage_point)
        elif vantage_point in self._doubted:
            await self._count_silent(vantage_point, told)
        else:
            self._doubted.add(vantage_point)

    async def _count_silent(self, vantage_point: str, told: HandedOut) -> None:
        async with self._database.session() as connection:
            published = await find_published(
                connection, vantage_point, up_to=told.up_to, limit=_BATCH
            )
        silent = await self._silent(vantage_point, published)
        if not silent:
            return
        left_aside = (await self._bus.handed_out(jobs_consumer(vantage_point))).left_aside
        if len(silent) > left_aside:
            log.warning(
                "more jobs are silent than left aside", silent=len(silent), left_aside=left_aside
            )
            return
        if await self._attempts.reports_are_waiting():
            raise Unavailable("Reports are to be recorded before attempts count as lost")
        log.warning("the bus has not told of lost jobs", jobs=len(silent), at=vantage_point)
        await self._attempts.record(
            [
                LostAttempt(probe_id=probe.probe_id, attempt=probe.attempt, reason=SILENT)
                for probe in silent
            ]
        )
        await delete_from_bus(self._bus, JOBS_STREAM.name, _placed(silent))

    async def _silent(
        self, vantage_point: str, published: Sequence[WaitingProbe]
    ) -> list[WaitingProbe]:
        """Return those that the bus still holds and that nobody speaks for while we listen."""
        if not published:
            return []
        before = await self._bus.memory(JOBS_STREAM.name)
        async with self._bus.hearing_progress(jobs_consumer(vantage_point)) as heard:
            await asyncio.sleep(self._silent_s)
            unheard = [each for each in published if each.stream_sequence not in heard]
        after = await self._bus.memory(JOBS_STREAM.name)
        if before is None or after is None or after.may_have_lost(before):
            raise BusUnavailable("the bus was away while it was listened to")
        held = await held_on_bus(self._bus, JOBS_STREAM.name, _placed(unheard))
        return [probe for probe, is_held in zip(unheard, held, strict=True) if is_held]


def _placed(probes: Sequence[WaitingProbe]) -> list[tuple[int | None, str]]:
    return [
        (probe.stream_sequence, job_message_id(probe.probe_id, probe.attempt)) for probe in probes
    ]
