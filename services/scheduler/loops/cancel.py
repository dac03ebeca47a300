"""Cancels checks: the row first, then the word to whoever carries the check out.

Law: the row decides. A prober that does not hear the word works on in vain: its report changes
nothing. So that this is rare, nothing is cancelled while the bus is away.
"""

from outscope.bus.connect import Bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM, cancel
from outscope.errors import NotFound, Unavailable
from outscope.ids import CHECK_PREFIX, is_id
from outscope.telemetry.logs import logger
from outscope.v1 import messages_pb2
from services.scheduler.domain.check import job_message_id
from services.scheduler.loops.ending import Ending
from services.scheduler.store.ends import CancelledProbe

log = logger(__name__)


class Cancelling:
    """Cancels checks."""

    def __init__(self, bus: Bus, ending: Ending) -> None:
        self._bus = bus
        self._ending = ending

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
            await self._stop(check_id, probes)
        except BusUnavailable as error:
            log.warning("cancellation not told, work may go on", check_id=check_id, cause=error)

    async def _stop(self, check_id: str, probes: list[CancelledProbe]) -> None:
        """Have running work stopped, and jobs that nobody has taken deleted."""
        word = messages_pb2.CheckCancelled(check_id=check_id)
        await self._bus.send(cancel(check_id), word.SerializeToString())
        for probe in probes:
            if probe.stream_sequence is not None:
                message_id = job_message_id(probe.probe_id, probe.attempt)
                await self._bus.delete(JOBS_STREAM.name, probe.stream_sequence, message_id)
