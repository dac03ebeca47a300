"""Knows the vantage points: those configured, and those with a prober that is alive.

A prober says every few seconds that it is; one that has not been heard of for a minute is gone.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.subjects import PRESENCE_ALL
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from outscope.vantage import is_vantage_name
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import list_present, note_presence

log = logger(__name__)

_NOTE_EVERY_S: Final = 3.0
_PRESENT_S: Final = 60.0


class VantagePoints:
    """The vantage points that exist; the first configured one is the default."""

    def __init__(self, database: Database, bus: Bus, configured: Sequence[str]) -> None:
        self._database = database
        self._bus = bus
        self._configured = tuple(configured)
        self._heard: set[str] = set()
        # Ordered, and quick to look up.
        self.names: dict[str, None] = dict.fromkeys(configured)

    async def learn(self) -> None:
        """Learn what the schedulers have noted."""
        async with self._database.session() as connection:
            present = await list_present(connection, within_s=_PRESENT_S)
        self.names = dict.fromkeys((*self._configured, *present, *self._heard))

    async def listen(self) -> None:
        """Hear probers for ever."""
        async with self._bus.subscription(PRESENCE_ALL, self.hear):
            await asyncio.Event().wait()

    async def note(self) -> None:
        """Note what was heard, and learn what other schedulers noted, for ever."""
        await repeat("presence", self._note, every_s=_NOTE_EVERY_S)

    async def hear(self, payload: bytes) -> None:
        """Take one word of a prober."""
        try:
            name = messages_pb2.ProberPresence.FromString(payload).vantage_point
        except DecodeError:
            name = ""
        if not is_vantage_name(name):
            log.warning("presence of no vantage point ignored", name=name)
            return
        self._heard.add(name)
        self.names.setdefault(name)

    async def _note(self) -> bool:
        heard, self._heard = self._heard, set()
        if heard:
            async with self._database.session() as connection:
                await note_presence(connection, heard)
        await self.learn()
        return False
