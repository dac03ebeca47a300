"""Hands waiting probes out in turns: no more than the probers have places for, fairly by account.

What waits, waits in Postgres, where the next of any account can still be found first; a job that
is on the bus cannot be overtaken any more. So the bus holds what the probers can begin at once.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from outscope.bus.connect import Bus
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.domain.check import ProbeJob
from services.scheduler.domain.lease import PUBLISH_GRACE_S
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.turns import take_turns, vantage_points_waiting

log = logger(__name__)

_BATCH: Final = 500
# Where nobody says that there is something to do: what was put off, what another scheduler left.
_EVERY_S: Final = 0.5
_PAUSE_S: Final = 1.0
# Between two looks: what is stored in the meantime is served together.
_TURN_S: Final = 0.02
# Places that become free are filled together, too: it costs the same to fill one or many.
_FREED_S: Final = 0.05


class Turns:
    """Takes turns; offer is given the jobs to publish, places tells those of a vantage point."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        offer: Callable[[Sequence[ProbeJob]], None],
        places: Callable[[str], int],
    ) -> None:
        self._database = database
        self._bus = bus
        self._offer = offer
        self._places = places
        self._asked = asyncio.Event()
        self._filling: asyncio.TimerHandle | None = None

    def look(self) -> None:
        """Look at once: something was stored."""
        self._asked.set()

    def fill(self) -> None:
        """Look soon: places have become free."""
        if self._filling is None:
            self._filling = asyncio.get_running_loop().call_later(_FREED_S, self._fill)

    def _fill(self) -> None:
        self._filling = None
        self._asked.set()

    async def run(self) -> None:
        """Hand out for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._asked.wait()
            self._asked.clear()
            try:
                await self.hand_out()
                await asyncio.sleep(_TURN_S)
            except Unavailable as error:
                log.warning("cannot hand out now", cause=error)
                await asyncio.sleep(_PAUSE_S)

    async def hand_out(self) -> None:
        """Hand out what waits, as far as there are places; nothing while the bus is away."""
        if not self._bus.is_connected:
            return
        async with self._database.session() as connection:
            for name in await vantage_points_waiting(connection):
                while await self._hand_out_at(connection, name) == _BATCH:
                    pass

    async def _hand_out_at(self, connection: Connection, vantage_point: str) -> int:
        jobs = await take_turns(
            connection,
            vantage_point,
            places=self._places(vantage_point),
            most=_BATCH,
            grace_s=PUBLISH_GRACE_S,
        )
        if jobs:
            self._offer(jobs)
        return len(jobs)
