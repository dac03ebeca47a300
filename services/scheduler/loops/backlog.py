"""Knows how many probes wait at each vantage point, and lets no more in than may.

What waits there is bounded, as nobody is helped by a check that is begun after its deadline. The
number is looked up every two seconds, and what is let in here meanwhile is added: not exact, but
never wrong by more than the schedulers let in between two looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from outscope.errors import Overloaded
from outscope.telemetry.metrics import Gauge
from services.scheduler.domain.check import NewCheck
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.turns import count_waiting

_LOOK_EVERY_S: Final = 2.0
_RETRY_AFTER_S: Final = 10

_WAITING = Gauge(
    "outscope_probes_waiting",
    "Probes queued, by vantage point: the same of every scheduler, so not to be summed over them; "
    "not told while OUTSCOPE_MAX_WAITING is 0.",
    ("vantage_point",),
)


class Backlog:
    """Bounds what waits; most 0 stands for no bound."""

    def __init__(self, database: Database, *, most: int) -> None:
        self._database = database
        self._most = most
        self._waiting: Counter[str] = Counter()
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look up what waits for ever."""
        if self._most:
            await repeat("backlog", self.look, every_s=_LOOK_EVERY_S)

    async def look(self) -> bool:
        """Look up what waits."""
        async with self._database.session() as connection:
            waiting = await count_waiting(connection)
        self._tell(waiting)
        self._waiting = Counter(waiting)
        return False

    def admit(self, checks: Iterable[NewCheck]) -> None:
        """Count checks as waiting, all or none; raises Overloaded."""
        wanted = Counter(name for check in checks for name in check.spec.vantage_points)
        for name, count in wanted.items():
            if self._most and self._waiting[name] + count > self._most:
                raise Overloaded(
                    f"{self._waiting[name]} checks wait at {name}, and no more than {self._most} "
                    "may; try again later, or check from another vantage point",
                    vantage_point=name,
                    retry_after_s=_RETRY_AFTER_S,
                )
        self._waiting.update(wanted)

    def _tell(self, waiting: Mapping[str, int]) -> None:
        # Zero where nothing waits any more: a gap would read as a scheduler that is away.
        for name in waiting.keys() | self._told:
            _WAITING.labels(name).set(waiting.get(name, 0))
        self._told |= waiting.keys()
