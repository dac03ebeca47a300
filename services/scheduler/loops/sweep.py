"""Looks at every open probe that is due: publishes, waits, tries again, or ends it.

Several schedulers sweep side by side: a claimed row is nobody else's for a few seconds, and the
claim of one that dies simply runs out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM
from outscope.telemetry.logs import logger
from services.scheduler.domain.budget import Budget
from services.scheduler.domain.check import Failure, LostAttempt, ProbeEnd, ProbeJob
from services.scheduler.domain.check_state import ProbeState
from services.scheduler.domain.lease import (
    CLAIM_S,
    LEASE_S,
    Step,
    budget_failure,
    deadline_failure,
    step_for,
)
from services.scheduler.loops.dispatch import Dispatcher
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.held import delete_from_bus, held_on_bus
from services.scheduler.loops.lost import LostAttempts
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.probes import DueProbe, claim_due_probes, extend_leases

log = logger(__name__)

_BATCH: Final = 500
_EVERY_S: Final = 1.0
_GONE: Final = "The bus holds the job no more, and no report of it came."


class ProbeSweep:
    """Sweeps the probes."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        dispatcher: Dispatcher[ProbeJob],
        ending: Ending,
        lost: LostAttempts,
        budget: Budget,
    ) -> None:
        self._database = database
        self._bus = bus
        self._dispatcher = dispatcher
        self._ending = ending
        self._lost = lost
        self._budget = budget

    async def run(self) -> None:
        """Sweep for ever."""
        await repeat("probe sweep", self.sweep, every_s=_EVERY_S)

    async def sweep(self) -> bool:
        """Look at what is due; tell whether there may be more."""
        async with self._database.session() as connection:
            due, now = await claim_due_probes(connection, limit=_BATCH, claim_s=CLAIM_S)
        if now is None:
            return False
        steps = _by_step(due, now)
        await self._end(
            [(probe, self._deadline_failure(probe)) for probe in steps[Step.END_AT_DEADLINE]]
        )
        await self._dispatcher.publish([probe.job for probe in steps[Step.PUBLISH]])
        await self._look_for_jobs(steps[Step.LOOK_FOR_JOB])
        return len(due) == _BATCH

    async def _look_for_jobs(self, published: Sequence[DueProbe]) -> None:
        """Extend the lease of jobs the bus still holds; count the others as lost.

        A job that is gone was acknowledged after its report was stored: while reports wait to be
        recorded, its own may be among them, and no job counts as lost.
        """
        if not published:
            return
        held = await held_on_bus(
            self._bus,
            JOBS_STREAM.name,
            [(probe.stream_sequence, probe.job.message_id) for probe in published],
        )
        if not all(held) and await self._lost.reports_are_waiting():
            held = [True] * len(held)
        waiting = [
            probe.job.probe_id for probe, is_held in zip(published, held, strict=True) if is_held
        ]
        if waiting:
            async with self._database.session() as connection:
                await extend_leases(connection, waiting, LEASE_S)
        await self._lost.record(
            [
                LostAttempt(probe_id=probe.job.probe_id, attempt=probe.job.attempt, reason=_GONE)
                for probe, is_held in zip(published, held, strict=True)
                if not is_held
            ]
        )

    async def _end(self, ends: Sequence[tuple[DueProbe, Failure]]) -> None:
        if ends:
            log.warning("probes given up", probes=len(ends), reason=ends[0][1].reason)
            await self._ending.give_up(
                [
                    ProbeEnd(
                        probe_id=probe.job.probe_id,
                        check_id=probe.job.check_id,
                        attempt=probe.job.attempt,
                        failure=failure,
                    )
                    for probe, failure in ends
                ]
            )
            await self._take_back([probe for probe, _ in ends])

    async def _take_back(self, ended: Sequence[DueProbe]) -> None:
        """Delete jobs that no prober has taken: nobody should begin them any more."""
        placed = [(probe.stream_sequence, probe.job.message_id) for probe in ended]
        try:
            await delete_from_bus(self._bus, JOBS_STREAM.name, placed)
        except BusUnavailable as error:
            log.warning("jobs of ended probes not deleted", probes=len(ended), cause=error)

    def _deadline_failure(self, probe: DueProbe) -> Failure:
        """Return why nobody answered: for want of a prober, or of the target's budget."""
        allowed = probe.job.deadline_at - probe.created_at
        allowed_s, spec = round(allowed.total_seconds(), 1), probe.job.spec
        if probe.state is ProbeState.QUEUED and probe.used_up is not None:
            limit = self._budget.limit(probe.used_up)
            return budget_failure(spec.fqdn, probe.used_up, limit, allowed_s)
        return deadline_failure(spec.vantage_point, allowed_s)


def _by_step(due: Sequence[DueProbe], now: datetime) -> dict[Step, list[DueProbe]]:
    steps: dict[Step, list[DueProbe]] = {step: [] for step in Step}
    for probe in due:
        step = step_for(probe.state, now=now, deadline_at=probe.job.deadline_at)
        if step is Step.LOOK_FOR_JOB and probe.stream_sequence is None:
            step = Step.PUBLISH  # handed out, and nobody noted that it was published
        steps[step].append(probe)
    return steps
