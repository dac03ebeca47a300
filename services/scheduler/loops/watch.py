"""Wakes those who wait for a check to end: by the word on the bus, by a look when none comes.

One subscription serves all that wait here. The word may be lost; the row is the truth, so all
checks waited for are looked up once a second, in one statement.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import CHECK_ENDED_ALL
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.ends import ended_among

log = logger(__name__)

_LOOK_EVERY_S: Final = 1.0


class EndWatch:
    """Knows who waits for which check."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def watching(self, check_id: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set when the check has ended; open this before reading it."""
        ended = asyncio.Event()
        self._waiting.setdefault(check_id, set()).add(ended)
        try:
            yield ended
        finally:
            left = self._waiting[check_id]
            left.discard(ended)
            if not left:
                del self._waiting[check_id]

    async def listen(self) -> None:
        """Hear the word on the bus for ever."""
        async with self._bus.subscription(CHECK_ENDED_ALL, self._hear):
            await asyncio.Event().wait()

    async def look(self) -> None:
        """Look for what the word may have missed, for ever."""
        await repeat("watch", self._look, every_s=_LOOK_EVERY_S)

    async def _hear(self, payload: bytes) -> None:
        self._wake(messages_pb2.CheckEnded.FromString(payload).check_id)

    async def _look(self) -> bool:
        if self._waiting:
            async with self._database.session() as connection:
                ended = await ended_among(connection, list(self._waiting))
            for check_id in ended:
                self._wake(check_id)
        return False

    def _wake(self, check_id: str) -> None:
        for ended in self._waiting.get(check_id, ()):
            ended.set()
