"""Tells how a check goes to who listens: for most checks nobody does, and nothing is sent.

What happens is noted in any case, for who begins to listen midway is told all that was before. It
is told as far as the bus takes it: nobody waits for it, and a check never fails for it.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from google.protobuf.message import DecodeError

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import WATCHED, progress
from outscope.lifecycle import end_task
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.prober.report_progress import Event, stages_of

log = logger(__name__)

# Watched is said of a check every second, and may be said before its job arrives.
_REMEMBERED: Final = 10_000


class Progress:
    """What has happened in one attempt so far."""

    def __init__(self, bus: Bus, job: messages_pb2.ProbeJob, delivery: int) -> None:
        self._bus = bus
        self._subject = progress(job.check_id)
        self._message = messages_pb2.ProbeProgress(
            probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt, delivery=delivery
        )
        self._untold: list[Event] = []
        self._news = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None

    def note(self, event: Event) -> None:
        """Note what happened."""
        self._untold.append(event)
        self._news.set()

    def watch(self) -> None:
        """Tell all of it, again if it was told before, and from now on all that comes."""
        self._news.set()
        if self._telling is None:
            self._telling = asyncio.create_task(self._tell_on(), name="progress")

    async def close(self) -> None:
        """Tell what is left to tell, if anybody listens."""
        if self._telling is not None:
            await end_task(self._telling)
            if self._news.is_set():
                await self._tell()

    async def _tell_on(self) -> None:
        while True:
            await self._news.wait()
            await self._tell()

    async def _tell(self) -> None:
        self._news.clear()
        untold, self._untold = self._untold, []
        self._message.stages.extend(stage for event in untold for stage in stages_of(event))
        try:
            await self._bus.send(self._subject, self._message.SerializeToString())
        except BusUnavailable as error:
            log.info("progress not told", cause=error)
        except asyncio.CancelledError:
            self._news.set()
            raise


class Audience:
    """Knows which checks are watched, and how those go that are carried out here."""

    def __init__(self, *, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._watched: OrderedDict[str, None] = OrderedDict()
        self._going: dict[str, set[Progress]] = {}

    async def listen(self, bus: Bus) -> None:
        """Hear which checks are watched, for ever."""
        async with bus.subscription(WATCHED, self._hear):
            await asyncio.Event().wait()

    @asynccontextmanager
    async def following(
        self, bus: Bus, job: messages_pb2.ProbeJob, delivery: int
    ) -> AsyncIterator[Callable[[Event], None]]:
        """Yield where to note what happens in an attempt while it is made."""
        made = Progress(bus, job, delivery)
        self._going.setdefault(job.check_id, set()).add(made)
        if job.check_id in self._watched:
            made.watch()
        try:
            yield made.note
        finally:
            self._leave(job.check_id, made)
            await made.close()

    async def _hear(self, payload: bytes) -> None:
        try:
            word = messages_pb2.ChecksWatched.FromString(payload)
        except DecodeError as error:
            log.error("unreadable word of watched checks", exception=error)  # noqa: TRY400 - ours has fields
            return
        for check_id in word.check_ids:
            self.watch(check_id)

    def watch(self, check_id: str) -> None:
        """Remember that a check is watched, and tell what happened in it."""
        self._watched[check_id] = None
        self._watched.move_to_end(check_id)
        if len(self._watched) > self._remembered:
            self._watched.popitem(last=False)
        for going in self._going.get(check_id, ()):
            going.watch()

    def _leave(self, check_id: str, made: Progress) -> None:
        left = self._going[check_id]
        left.discard(made)
        if not left:
            del self._going[check_id]
