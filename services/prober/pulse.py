"""Notices that this process stood still: it was frozen, or starved of processor time.

While it stands still the time limits of its checks run on, and what they then tell of a target is
not true. Law: nothing that was observed across a standstill is reported as an observation.
"""

import asyncio
import time
from typing import Final

from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter

log = logger(__name__)

_BEAT_EVERY_S: Final = 0.25
# Shorter than every time limit that an observation has of its own, and far longer than a busy
# event loop takes for a turn.
STANDSTILL_S: Final = 2.0

_STANDSTILLS: Final = Counter(
    "outscope_prober_standstills_total", "How often the prober stood still for two seconds or more."
)


class Pulse:
    """Knows when the process last stood still, by the monotonic clock."""

    def __init__(self, *, standstill_s: float = STANDSTILL_S) -> None:
        self._standstill_s = standstill_s
        self._last_beat_s = time.monotonic()
        self._stood_still_until_s = float("-inf")

    async def beat(self) -> None:
        """Keep looking for ever."""
        self._last_beat_s = time.monotonic()
        while True:
            await asyncio.sleep(_BEAT_EVERY_S)
            self._look()

    def stood_still_since(self, moment_s: float) -> bool:
        """Tell whether the process stood still after a moment, up to now.

        True as soon as it goes on: whatever runs first then need not wait for the next beat.
        """
        self._look()
        return self._stood_still_until_s > moment_s

    def _look(self) -> None:
        now_s = time.monotonic()
        still_s = now_s - self._last_beat_s - _BEAT_EVERY_S
        self._last_beat_s = now_s
        if still_s >= self._standstill_s:
            self._stood_still_until_s = now_s
            _STANDSTILLS.inc()
            log.warning("the process stood still", seconds=round(still_s, 1))
