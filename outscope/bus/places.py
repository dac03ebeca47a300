"""Counts who holds the places of a worker: so many at once, and more for those who take long.

Law: whoever has held a place for LASTING_S moves to one of the further places, while there is one,
and so gives the first back; what takes long then delays only what takes long as well.
"""

from typing import Final

LASTING_S: Final = 1.0


class Places:
    """The places of one worker; times are seconds of a monotonic clock."""

    def __init__(self, count: int, *, lasting: int = 0) -> None:
        self._count = count
        self._most_lasting = lasting
        # Whoever holds one of the first places, in order, with the moment from which it does.
        self._taken: dict[object, float] = {}
        self._lasting: set[object] = set()

    def take(self, holder: object, now_s: float) -> None:
        """Count somebody in, whether or not a place is free; nobody twice."""
        self._taken[holder] = now_s

    def leave(self, holder: object) -> None:
        """Count somebody out."""
        self._taken.pop(holder, None)
        self._lasting.discard(holder)

    def free(self, now_s: float) -> int:
        """Return how many of the first places are free; 0 or less when none is."""
        while self.until_free_s(now_s) == 0:
            holder = next(iter(self._taken))
            del self._taken[holder]
            self._lasting.add(holder)
        return self._count - len(self._taken)

    def until_free_s(self, now_s: float) -> float | None:
        """Return how long it is until somebody may move on; None when nobody can."""
        if len(self._lasting) >= self._most_lasting or not self._taken:
            return None
        return max(0.0, next(iter(self._taken.values())) + LASTING_S - now_s)
