"""Counts attempts as lost, and has the next one made at once; ends a probe after its last.

Law: attempts are told apart by their number. The next one begins under a number of its own, so that
whatever the lost one still reports changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from outscope.bus.connect import Bus, Memory
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOB_ACK_WAIT_S, JOBS_STREAM, REPORTS_STREAM
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.check import LostAttempt, ProbeEnd, ProbeJob, job_named
from services.scheduler.domain.lease import PUBLISH_GRACE_S, attempts_failure, may_try_again
from services.scheduler.loops.dispatch import Dispatcher
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.probes import (
    DueProbe,
    find_open_probes,
    make_published_due,
    start_next_attempts,
)
from services.scheduler.translate.lost import LostJob

log = logger(__name__)

# Reports that wait for longer than this are not being recorded as fast as they come.
_REPORT_WAIT_S: Final = 3.0
_LOOK_EVERY_S: Final = 1.0
# Why an attempt is lost of which nothing is heard any more.
SILENT: Final = f"A prober took it and was silent for {JOB_ACK_WAIT_S:g} seconds."

_LOST = Counter("outscope_attempts_lost_total", "Attempts at probes that were lost.")


class LostAttempts:
    """Makes the next attempt after one that was lost."""

    def __init__(
        self, database: Database, bus: Bus, dispatcher: Dispatcher[ProbeJob], ending: Ending
    ) -> None:
        self._database = database
        self._bus = bus
        self._dispatcher = dispatcher
        self._ending = ending

    async def reports_are_waiting(self) -> bool:
        """Tell whether reports wait to be recorded, among them perhaps that of an attempt."""
        return await self._bus.longest_wait_s(REPORTS_STREAM.name) > _REPORT_WAIT_S

    async def record(self, lost: Sequence[LostAttempt]) -> None:
        """Count attempts as lost; what is late or told twice changes nothing."""
        if not lost:
            return
        told = {(each.probe_id, each.attempt): each for each in lost}
        async with self._database.session() as connection:
            found = await find_open_probes(connection, sorted({each.probe_id for each in lost}))
        current = [
            (probe, told[key])
            for probe in found
            if (key := (probe.job.probe_id, probe.job.attempt)) in told
        ]
        again = [each for each in current if _has_another(each[0])]
        await self._end([each for each in current if not _has_another(each[0])])
        await self._try_again(again)

    async def _try_again(self, lost: Sequence[tuple[DueProbe, LostAttempt]]) -> None:
        if not lost:
            return
        log.warning("attempts lost, trying again", probes=len(lost), reason=lost[0][1].reason)
        async with self._database.session() as connection:
            queued = await start_next_attempts(
                connection, [attempt for _, attempt in lost], grace_s=PUBLISH_GRACE_S
            )
        _LOST.inc(len(queued))
        # One that a prober could not carry out is left to the sweep: the next might be the same.
        await self._dispatcher.publish(
            [
                _next_attempt(probe.job)
                for probe, attempt in lost
                if attempt.probe_id in queued and not attempt.is_rejected
            ]
        )

    async def _end(self, over: Sequence[tuple[DueProbe, LostAttempt]]) -> None:
        if not over:
            return
        log.warning("last attempts lost", probes=len(over), reason=over[0][1].reason)
        _LOST.inc(len(over))
        await self._ending.give_up(
            [
                ProbeEnd(
                    probe_id=probe.job.probe_id,
                    check_id=probe.job.check_id,
                    attempt=probe.job.attempt,
                    failure=attempts_failure(probe.job.spec.vantage_point),
                    lost=(*probe.lost, attempt.reason),
                )
                for probe, attempt in over
            ]
        )


class LostJobs:
    """Records what the bus says of jobs that nobody answered, and deletes them there."""

    def __init__(self, bus: Bus, attempts: LostAttempts) -> None:
        self._bus = bus
        self._attempts = attempts

    async def record(self, told: Sequence[LostJob]) -> None:
        """Count their attempts as lost; raises Unavailable when that cannot be known now."""
        try:
            await self._record(told)
        except BusUnavailable as error:
            raise Unavailable("The bus cannot be asked about lost jobs now") from error

    async def _record(self, told: Sequence[LostJob]) -> None:
        ids = {each.sequence: await self._message_id(each) for each in told}
        stored = {sequence: name for sequence, name in ids.items() if name is not None}
        if not stored:
            return
        if await self._attempts.reports_are_waiting():
            raise Unavailable("Reports are to be recorded before attempts count as lost")
        jobs = [job_named(name) for name in stored.values()]
        await self._attempts.record(
            [
                LostAttempt(probe_id=probe_id, attempt=attempt, reason=SILENT)
                for probe_id, attempt in filter(None, jobs)
            ]
        )
        for sequence, name in stored.items():
            await self._bus.delete(JOBS_STREAM.name, sequence, name)

    async def _message_id(self, lost: LostJob) -> str | None:
        return await self._bus.message_id(JOBS_STREAM.name, lost.sequence)


class BusLoss:
    """Has every published job looked for when the bus may have lost some.

    JetStream syncs to disk now and then: a host that goes down may take the last messages along.
    """

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._seen: Memory | None = None

    async def run(self) -> None:
        """Look for ever."""
        await repeat("bus loss", self.look, every_s=_LOOK_EVERY_S)

    async def look(self) -> bool:
        """Look once; the first time nothing is known of what the bus held before."""
        memory = await self._bus.memory(JOBS_STREAM.name)
        if memory is None:
            await self._bus.ensure_streams()
            memory = await self._bus.memory(JOBS_STREAM.name)
        if memory is None:
            raise BusUnavailable("the stream of jobs cannot be made")
        if self._seen is None or memory.may_have_lost(self._seen):
            async with self._database.session() as connection:
                probes = await make_published_due(connection)
            if probes:
                log.warning("the bus may have lost jobs, looking for them", probes=probes)
        self._seen = memory
        return False


def _has_another(probe: DueProbe) -> bool:
    return may_try_again(probe.job.attempt, probe.postponements)


def _next_attempt(job: ProbeJob) -> ProbeJob:
    return replace(job, attempt=job.attempt + 1)
