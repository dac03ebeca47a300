"""Records what probers report: how attempts ended, which are to be made later or were lost."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.check import LostAttempt, ProbeEnd, ProbePutOff
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.lost import LostAttempts
from services.scheduler.store.database import Database
from services.scheduler.store.probes import put_off_probes

log = logger(__name__)

# A check that could be handed out only so long before its deadline is not.
_MARGIN_S: Final = 1.0

_PUT_OFF = Counter(
    "outscope_probes_put_off_total", "Probes to be made later, by the budget used up.", ("used_up",)
)


Told: TypeAlias = ProbeEnd | ProbePutOff | LostAttempt | UnusableMessage


class Reports:
    """Records them; what is recorded twice changes nothing, so a part may fail by itself."""

    def __init__(
        self, database: Database, ending: Ending, lost: LostAttempts, letters: DeadLetters
    ) -> None:
        self._letters = letters
        self._database = database
        self._ending = ending
        self._lost = lost

    async def record(self, told: Sequence[Told]) -> None:
        """Record reports, of one attempt at a probe the first."""
        ends = [each for each in told if isinstance(each, ProbeEnd)]
        put_off = [each for each in told if isinstance(each, ProbePutOff)]
        if ends:
            await self._ending.record_reports(ends)
        if put_off:
            await self._put_off(put_off)
        await self._lost.record([each for each in told if isinstance(each, LostAttempt)])
        for each in told:
            if isinstance(each, UnusableMessage):
                await self._letters.set_aside(each)

    async def _put_off(self, told: Sequence[ProbePutOff]) -> None:
        first: dict[str, ProbePutOff] = {}
        for each in told:
            first.setdefault(each.probe_id, each)
        async with self._database.session() as connection:
            changed = await put_off_probes(connection, list(first.values()), margin_s=_MARGIN_S)
        for probe_id in changed:
            _PUT_OFF.labels(first[probe_id].used_up or "untold").inc()
