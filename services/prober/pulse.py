"""Notices that this process stood still: it was frozen, or starved of processor time.

While it stands still the time limits of its checks run on, and what they then tell of a target is
not true. Law: nothing that was observed across a standstill is reported as an observation, and no
silence that was listened to in fits and starts as silence.
"""

import asyncio
import math
import time
from collections import deque
from typing import Final

from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter

log = logger(__name__)

_BEAT_EVERY_S: Final = 0.25
# Shorter than every time limit that an observation has of its own, and far longer than a busy
# event loop takes for a turn.
STANDSTILL_S: Final = 2.0
# Starved is who is kept from its work for half of as long as the shortest time limit of a target's,
# be it a little at a time. A loop that is only busy is late by a fraction of each beat.
_STARVED_OF_S: Final = 3.0
_STARVED_SHARE: Final = 0.5

_STANDSTILLS: Final = Counter(
    "outscope_prober_standstills_total", "How often the prober stood still for two seconds or more."
)
_STARVED_BEATS: Final = Counter(
    "outscope_prober_starved_beats_total",
    "Late beats, of four a second, that showed the prober to be starved of processor time.",
)


class Pulse:
    """Knows when the process last stood still or was starved, by the monotonic clock."""

    def __init__(
        self, *, standstill_s: float = STANDSTILL_S, starved_of_s: float = _STARVED_OF_S
    ) -> None:
        self._standstill_s = standstill_s
        self._last_beat_s = time.monotonic()
        self._stood_still_until_s = -math.inf
        self._starved_of_s = starved_of_s
        self._next_beat_s = math.inf
        # When each late beat of the last starved_of_s came, and by how much it was late.
        self._late_beats: deque[tuple[float, float]] = deque()
        self._starved_until_s = -math.inf

    async def beat(self) -> None:
        """Keep looking for ever."""
        self._last_beat_s = time.monotonic()
        while True:
            self._next_beat_s = time.monotonic() + _BEAT_EVERY_S
            await asyncio.sleep(_BEAT_EVERY_S)
            self._look()
            self._note_beat()

    def stood_still_since(self, moment_s: float) -> bool:
        """Tell whether the process stood still after a moment, up to now.

        True as soon as it goes on: whatever runs first then need not wait for the next beat.
        """
        self._look()
        return self._stood_still_until_s > moment_s

    def was_starved_since(self, moment_s: float) -> bool:
        """Tell whether the process was starved after a moment, up to now."""
        now_s = time.monotonic()
        return self._starved_until_s > moment_s or self._is_starved(now_s, since_s=moment_s)

    def _look(self) -> None:
        now_s = time.monotonic()
        still_s = now_s - self._last_beat_s - _BEAT_EVERY_S
        self._last_beat_s = now_s
        if still_s >= self._standstill_s:
            self._stood_still_until_s = now_s
            _STANDSTILLS.inc()
            log.warning("the process stood still", seconds=round(still_s, 1))

    def _note_beat(self) -> None:
        now_s = time.monotonic()
        is_starved = self._is_starved(now_s)
        late_s, self._next_beat_s = now_s - self._next_beat_s, math.inf
        while self._late_beats and self._late_beats[0][0] < now_s - self._starved_of_s:
            self._late_beats.popleft()
        self._late_beats.append((now_s, late_s))
        if is_starved:
            self._starved_until_s = now_s
            _STARVED_BEATS.inc()

    def _is_starved(self, now_s: float, *, since_s: float = -math.inf) -> bool:
        """Tell whether beats came late by so much lately, the one that is due included."""
        since_s = max(since_s, now_s - self._starved_of_s)
        late_s = max(0.0, now_s - self._next_beat_s)
        late_s += sum(by_s for came_s, by_s in self._late_beats if came_s > since_s)
        return late_s >= self._starved_of_s * _STARVED_SHARE
