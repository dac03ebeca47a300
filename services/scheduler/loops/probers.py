"""Knows the live probers, and ends checks that wait where none has been for too long.

Law: who is there is told by the bus. While the bus is away nobody is known to be missing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM, PRESENCE_ALL
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Gauge
from services.scheduler.domain.check import ProbeEnd, job_message_id
from services.scheduler.domain.vantage import LiveProber, vantage_failure
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.held import delete_from_bus
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.probes import WaitingProbe, find_unserved
from services.scheduler.translate.presence import prober_in
from services.scheduler.translate.report import UndecodableError

log = logger(__name__)

_READ_EVERY_S: Final = 2.0
_BATCH: Final = 500

_PROBERS = Gauge(
    "outscope_probers", "Live probers, by vantage point and fitness.", ("vantage_point", "fitness")
)


class LiveProbers:
    """The probers that are there now, and when each vantage point last had one that was fit."""

    def __init__(self, bus: Bus, clock: Callable[[], float] | None = None) -> None:
        self._bus = bus
        self._clock = clock or asyncio.get_running_loop().time
        self._last_fit_s: dict[str, float] = {}
        self._known_since_s: float | None = None
        self.by_vantage: Mapping[str, tuple[LiveProber, ...]] = {}

    async def run(self) -> None:
        """Read again and again who is there."""
        await repeat("live probers", self.read, every_s=_READ_EVERY_S)

    async def listen(self) -> None:
        """Hear for ever what probers say: those of the version before store no word."""
        async with self._bus.hearing(PRESENCE_ALL, self.hear):
            await asyncio.Event().wait()

    async def hear(self, subject: str, word: bytes) -> None:
        """Take one word of a prober: where one is fit, checks do not wait in vain."""
        try:
            prober = prober_in(word, subject)
        except UndecodableError:
            return  # told by who notes the vantage points
        if prober.is_fit:
            self._last_fit_s[prober.vantage_point] = self._clock()

    async def read(self) -> bool:
        """Read who is there."""
        try:
            words = await self._bus.present()
        except BusUnavailable:
            self._known_since_s = None
            raise
        now_s = self._clock()
        if self._known_since_s is None:
            self._known_since_s = now_s
        found: dict[str, list[LiveProber]] = {}
        for key, word in words.items():
            try:
                prober = prober_in(word, key)
            except UndecodableError as error:
                log.warning("presence ignored", cause=error)
                continue
            found.setdefault(prober.vantage_point, []).append(prober)
            if prober.is_fit:
                self._last_fit_s[prober.vantage_point] = now_s
        self.by_vantage = {
            name: tuple(sorted(probers, key=lambda each: each.prober_id))
            for name, probers in sorted(found.items())
        }
        self._measure()
        return False

    def served(self, within_s: float) -> frozenset[str] | None:
        """Return where a fit prober was within so many seconds; None while that is not known."""
        now_s = self._clock()
        if self._known_since_s is None or now_s - self._known_since_s < within_s:
            return None
        return frozenset(
            name for name, last_s in self._last_fit_s.items() if now_s - last_s < within_s
        )

    def _measure(self) -> None:
        _PROBERS.clear()
        for name, probers in self.by_vantage.items():
            fit = sum(prober.is_fit for prober in probers)
            _PROBERS.labels(name, "fit").set(fit)
            _PROBERS.labels(name, "unfit").set(len(probers) - fit)


class Unserved:
    """Ends checks that have waited for a prober for too long."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        probers: LiveProbers,
        ending: Ending,
        *,
        patience_s: float,
    ) -> None:
        self._database = database
        self._bus = bus
        self._probers = probers
        self._ending = ending
        self._patience_s = patience_s

    async def run(self) -> None:
        """Look for ever."""
        await repeat("unserved checks", self.end, every_s=_READ_EVERY_S)

    async def end(self) -> bool:
        """End a batch of what waits in vain; tell whether there may be more."""
        served = self._probers.served(self._patience_s)
        if served is None:
            return False
        async with self._database.session() as connection:
            waiting = await find_unserved(
                connection, served, waited_s=self._patience_s, limit=_BATCH
            )
        if not waiting:
            return False
        log.warning("no prober for checks, given up", probes=len(waiting))
        await self._ending.give_up(
            [
                ProbeEnd(
                    probe_id=each.probe_id,
                    check_id=each.check_id,
                    attempt=each.attempt,
                    failure=vantage_failure(
                        each.vantage_point,
                        self._probers.by_vantage.get(each.vantage_point, ()),
                        self._patience_s,
                    ),
                )
                for each in waiting
            ]
        )
        await self._take_back(waiting)
        return len(waiting) == _BATCH

    async def _take_back(self, ended: Sequence[WaitingProbe]) -> None:
        """Delete their jobs: a prober that comes later should not begin them."""
        placed = [
            (each.stream_sequence, job_message_id(each.probe_id, each.attempt)) for each in ended
        ]
        try:
            await delete_from_bus(self._bus, JOBS_STREAM.name, placed)
        except BusUnavailable as error:
            log.warning("jobs of ended probes not deleted", probes=len(ended), cause=error)
