"""Hands waiting deliveries out in turns: to each endpoint no more than its pace allows.

What waits, waits in Postgres; the bus holds what may be posted at once. So no endpoint, however
slow, stands between another one and the notifiers.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from outscope.bus.connect import Bus
from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.domain.delivery import DeliveryJob
from services.scheduler.domain.endpoint import Pace
from services.scheduler.domain.lease import PUBLISH_GRACE_S
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.delivery_turns import take_delivery_turns

log = logger(__name__)

_BATCH: Final = 500
# Where nobody says that there is something to do: what is to be tried again, what a rate held back.
_EVERY_S: Final = 0.2
_PAUSE_S: Final = 1.0
# Between two looks: what is stored, or becomes free, in the meantime is served together.
_TURN_S: Final = 0.02


class DeliveryTurns:
    """Takes turns; offer is given the jobs to publish."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        offer: Callable[[Sequence[DeliveryJob]], None],
        pace: Pace,
    ) -> None:
        self._database = database
        self._bus = bus
        self._offer = offer
        self._pace = pace
        self._asked = asyncio.Event()

    def look(self) -> None:
        """Look soon: something was stored, or has become free."""
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
                log.warning("cannot hand out deliveries now", cause=error)
                await asyncio.sleep(_PAUSE_S)

    async def hand_out(self) -> None:
        """Hand out what is due, as far as endpoints have places; nothing while the bus is away."""
        if not self._bus.is_connected:
            return
        async with self._database.session() as connection:
            while await self._hand_out_batch(connection) == _BATCH:
                pass

    async def _hand_out_batch(self, connection: Connection) -> int:
        jobs = await take_delivery_turns(
            connection, self._pace, most=_BATCH, grace_s=PUBLISH_GRACE_S
        )
        if jobs:
            self._offer(jobs)
        return len(jobs)
