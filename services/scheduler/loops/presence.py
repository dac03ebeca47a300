"""Knows the vantage points, those configured and those with a live prober, and their places.

A prober says every few seconds that it is and how many checks it carries out at once. A vantage
point of which nobody has heard for a minute is gone, and the places of a prober long before.
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
# A prober says it every three seconds.
_HAS_PLACES_S: Final = 15.0
# The places of a prober that does not tell, and of a vantage point where none was heard of yet.
UNTOLD_PLACES: Final = 200
_UNTAGGED: Final[frozenset[str]] = frozenset()


class VantagePoints:
    """The vantage points that exist; the first configured one is the default."""

    def __init__(self, database: Database, bus: Bus, configured: Sequence[str]) -> None:
        self._database = database
        self._bus = bus
        self._configured = tuple(configured)
        self._heard: set[str] = set()
        # The places of each prober by its vantage point and id, and until when they count.
        self._probers: dict[tuple[str, str], tuple[int, float]] = {}
        # In order, each with its tags.
        self.names: dict[str, frozenset[str]] = dict.fromkeys(configured, _UNTAGGED)

    def places(self, name: str) -> int:
        """Return how many checks the probers of a vantage point carry out at once."""
        now_s = asyncio.get_running_loop().time()
        alive = [
            places
            for (vantage_point, _), (places, until_s) in self._probers.items()
            if vantage_point == name and now_s < until_s
        ]
        return sum(alive) if alive else UNTOLD_PLACES

    async def learn(self) -> None:
        """Learn what the schedulers have noted."""
        async with self._database.session() as connection:
            present = await list_present(connection, within_s=_PRESENT_S)
        self.names = dict.fromkeys((*self._configured, *present, *self._heard), _UNTAGGED)

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
            told = messages_pb2.ProberPresence.FromString(payload)
        except DecodeError:
            told = messages_pb2.ProberPresence()
        name = told.vantage_point
        if not is_vantage_name(name):
            log.warning("presence of no vantage point ignored", name=name)
            return
        self._heard.add(name)
        self.names.setdefault(name, _UNTAGGED)
        self._probers[name, told.prober_id] = (
            told.concurrency or UNTOLD_PLACES,
            asyncio.get_running_loop().time() + _HAS_PLACES_S,
        )

    async def _note(self) -> bool:
        heard, self._heard = self._heard, set()
        if heard:
            async with self._database.session() as connection:
                await note_presence(connection, heard)
        await self.learn()
        self._forget_silent()
        return False

    def _forget_silent(self) -> None:
        now_s = asyncio.get_running_loop().time()
        self._probers = {prober: told for prober, told in self._probers.items() if now_s < told[1]}
