"""Cancels checks: the row first, then the word to whoever carries the check out.

Law: the row decides, and the caller waits for nothing else. A prober that does not hear the word
works on in vain: its report changes nothing. So that this is rare, nothing is cancelled while the
bus is known to be away, what a bus that hangs did not take is told again until it does, and a
prober that has long been at work asks by itself.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM, cancel
from outscope.errors import NotFound, Unavailable
from outscope.ids import CHECK_PREFIX, is_id
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.scheduler.domain.check import job_message_id
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.pace import repeat
from services.scheduler.store.ends import CancelledProbe

log = logger(__name__)

# A bus that is well takes it in milliseconds.
_TELL_WITHIN_S: Final = 1.0
_AGAIN_EVERY_S: Final = 1.0
# What is beyond that is found out by the probers that ask.
_REMEMBERED: Final = 10_000


class Cancelling:
    """Cancels checks."""

    def __init__(self, bus: Bus, ending: Ending) -> None:
        self._bus = bus
        self._ending = ending
        self._untold: deque[tuple[str, Sequence[CancelledProbe]]] = deque(maxlen=_REMEMBERED)

    async def run(self) -> None:
        """Tell what could not be told, for ever."""
        await repeat("cancellations", self._tell_again, every_s=_AGAIN_EVERY_S)

    async def cancel(self, check_id: str, *, account_id: str) -> None:
        """End a pending check, and stop what is done for it.

        Raises NotFound, Conflict when it has ended, and Unavailable.
        """
        if not is_id(CHECK_PREFIX, check_id):
            raise NotFound("There is no such check", field="id", value=check_id)
        if not self._bus.is_connected:
            raise Unavailable("Nobody can be told to stop just now; try again in a moment")
        probes = await self._ending.cancel(check_id, account_id=account_id)
        try:
            async with asyncio.timeout(_TELL_WITHIN_S):
                await self._stop(check_id, probes)
        except (BusUnavailable, TimeoutError) as error:
            log.warning("cancellation not told yet", check_id=check_id, cause=repr(error))
            self._untold.append((check_id, probes))

    async def _tell_again(self) -> bool:
        """Tell the oldest that could not be told; raises BusUnavailable while that is so."""
        while self._untold:
            check_id, probes = self._untold[0]
            await self._stop(check_id, probes)
            with suppress(ValueError):  # too many have come meanwhile
                self._untold.remove((check_id, probes))
        return False

    async def _stop(self, check_id: str, probes: Sequence[CancelledProbe]) -> None:
        """Have running work stopped, and jobs that nobody has taken deleted."""
        word = messages_pb2.CheckCancelled(check_id=check_id)
        await self._bus.send(cancel(check_id), word.SerializeToString())
        for probe in probes:
            if probe.stream_sequence is not None:
                message_id = job_message_id(probe.probe_id, probe.attempt)
                await self._bus.delete(JOBS_STREAM.name, probe.stream_sequence, message_id)
