"""Hears how checks go from those who carry them out, for those who listen here.

Probers tell only of checks that somebody watches, so that all others cost nothing: which ones these
are is said at once and again every second. Nothing of it is stored, and what is lost comes with the
next message, for each has everything that happened in its attempt.
"""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import PROGRESS_ALL, WATCHED
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.probes import attempts_of

log = logger(__name__)

_LOOK_EVERY_S: Final = 1.0
# Well below the largest message: an id has 30 bytes.
_IDS_IN_A_MESSAGE: Final = 5000


class Feed:
    """What one listener can know of a check beside its row."""

    def __init__(self) -> None:
        self.is_new = asyncio.Event()
        # The attempt that was current when last looked; 0 before.
        self.attempt = 0
        self.told = messages_pb2.ProbeProgress()

    def look(self, attempt: int) -> None:
        """Take note of the attempt that is current."""
        if attempt > self.attempt:
            self.attempt = attempt
            self.is_new.set()

    def hear(self, told: messages_pb2.ProbeProgress) -> None:
        """Take note of what a prober tells, unless more is known."""
        if _extent(told) > _extent(self.told):
            self.told = told
            self.is_new.set()


class ProgressWatch:
    """Knows who listens to which check."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._feeds: dict[str, set[Feed]] = {}

    @asynccontextmanager
    async def listening(self, check_id: str) -> AsyncIterator[Feed]:
        """Yield what is told of a check from now on, beginning with all that was before."""
        feed = Feed()
        self._feeds.setdefault(check_id, set()).add(feed)
        try:
            with suppress(BusUnavailable):
                await self._ask([check_id])
            yield feed
        finally:
            left = self._feeds[check_id]
            left.discard(feed)
            if not left:
                del self._feeds[check_id]

    async def listen(self) -> None:
        """Hear what probers tell, for ever."""
        async with self._bus.subscription(PROGRESS_ALL, self._hear):
            await asyncio.Event().wait()

    async def look(self) -> None:
        """Say what is watched and look which attempts are current, for ever."""
        await repeat("progress", self._look, every_s=_LOOK_EVERY_S)

    async def _hear(self, payload: bytes) -> None:
        try:
            told = messages_pb2.ProbeProgress.FromString(payload)
        except DecodeError as error:
            log.error("unreadable progress", exception=error)  # noqa: TRY400 - ours has fields
            return
        for feed in self._feeds.get(told.check_id, ()):
            feed.hear(told)

    async def _look(self) -> bool:
        if self._feeds:
            await self._ask(list(self._feeds))
            async with self._database.session() as connection:
                attempts = await attempts_of(connection, list(self._feeds))
            for check_id, attempt in attempts.items():
                for feed in self._feeds.get(check_id, ()):
                    feed.look(attempt)
        return False

    async def _ask(self, check_ids: Collection[str]) -> None:
        ids = iter(check_ids)
        while part := list(islice(ids, _IDS_IN_A_MESSAGE)):
            word = messages_pb2.ChecksWatched(check_ids=part)
            await self._bus.send(WATCHED, word.SerializeToString())


def _extent(told: messages_pb2.ProbeProgress) -> tuple[int, int, int]:
    return told.attempt, told.delivery, len(told.stages)
