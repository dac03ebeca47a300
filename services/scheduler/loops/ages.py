"""Tells for how long the oldest of what is open has been so: jobs by vantage point, deliveries."""

from collections.abc import Mapping
from typing import Final

from outscope.telemetry.metrics import Gauge
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.delivery_turns import oldest_delivery_s
from services.scheduler.store.turns import oldest_jobs_s

_LOOK_EVERY_S: Final = 10.0

_OLDEST_JOB = Gauge(
    "outscope_oldest_job_seconds",
    "Age of the oldest probe that may be made and has not ended, by vantage point: the same of "
    "every scheduler, so not to be summed over them.",
    ("vantage_point",),
)
_OLDEST_DELIVERY = Gauge(
    "outscope_oldest_delivery_seconds",
    "For how long the oldest delivery has been due, or handed out and not told of, leaving out "
    "endpoints that fail or asked to be spared: the same of every scheduler.",
)


class Ages:
    """Looks them up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: set[str] = set()

    async def run(self) -> None:
        """Look for ever."""
        await repeat("ages", self.look, every_s=_LOOK_EVERY_S)

    async def look(self) -> bool:
        """Look once."""
        async with self._database.session() as connection:
            jobs = await oldest_jobs_s(connection)
            delivery_s = await oldest_delivery_s(connection)
        self._tell(jobs)
        _OLDEST_DELIVERY.set(delivery_s)
        return False

    def _tell(self, jobs: Mapping[str, float]) -> None:
        # Zero where there is none any more: a gap would read as a scheduler that is away.
        for name in jobs.keys() | self._told:
            _OLDEST_JOB.labels(name).set(jobs.get(name, 0.0))
        self._told |= jobs.keys()
