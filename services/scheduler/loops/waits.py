"""Knows how long checks waited lately before they were begun, as far as this scheduler recorded."""

import statistics
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Final

RECENT_S: Final = 900.0
# Of one vantage point.
_REMEMBERED: Final = 200


class Waits:
    """Remembers the latest waits of each vantage point."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._latest: dict[str, deque[tuple[float, float]]] = {}

    def note(self, vantage_point: str, wait: timedelta) -> None:
        """Note how long a check waited; clocks that disagree make no wait shorter than none."""
        latest = self._latest.setdefault(vantage_point, deque(maxlen=_REMEMBERED))
        latest.append((self._clock(), max(0.0, wait.total_seconds())))

    def typical_s(self, vantage_point: str) -> float | None:
        """Return the median of the recent waits in seconds, or None without any."""
        since_s = self._clock() - RECENT_S
        recent = [
            wait_s for noted_s, wait_s in self._latest.get(vantage_point, ()) if noted_s >= since_s
        ]
        return statistics.median(recent) if recent else None
