"""How long to wait before a process that died is started again."""

from typing import Final

FIRST_S: Final = 0.2
LONGEST_S: Final = 10.0
STABLE_S: Final = 30.0


class Backoff:
    """Doubles from 0.2 s to 10 s; a process that lived for 30 s begins again at the first."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def after(self, lived_s: float) -> float:
        """Return the pause after a process that lived for this long."""
        if lived_s >= STABLE_S:
            self._next_s = FIRST_S
        pause_s = self._next_s
        self._next_s = min(LONGEST_S, 2 * pause_s)
        return pause_s
