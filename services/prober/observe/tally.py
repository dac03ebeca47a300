"""Counts the requests of one check, and gives none beyond its bound.

Law: every request over HTTP is taken here before it is sent, whatever it is for. Beyond those of
the paths that were asked for a check sends at most so many; what is refused is told as not asked.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.prober.facts import Discovery

# All that a check sends beyond its paths and their redirects: to its other ports, once more after
# an accident or in another version of HTTP, to a random path and to what discovery looks for.
MOST: Final[Mapping[Discovery, int]] = MappingProxyType(
    {Discovery.OFF: 10, Discovery.STANDARD: 10, Discovery.DEEP: 26}
)
# Of these, what ports leave: for a random path, and one lead.
_KEPT: Final = 2


class Tally:
    """What one check may still send."""

    def __init__(self, most: int = MOST[Discovery.STANDARD]) -> None:
        self.left = most
        self._own = 0
        # Ports that are being visited and have had no request yet.
        self._awaiting: set[int] = set()

    def expect(self, own: int) -> None:
        """Let so many of the check's own requests pass; what was left of earlier ones is void."""
        self._own = own

    def take(self, port: int) -> bool:
        """Take one request to a port; False when there is none left."""
        self._awaiting.discard(port)
        if self._own > 0:
            self._own -= 1
            return True
        if self.left <= 0:
            return False
        self.left -= 1
        return True

    def has_spare(self) -> bool:
        """Tell whether a port may have one beyond what is kept, and what others still await."""
        return self.left + self._own - _KEPT > len(self._awaiting)

    def begin(self, port: int) -> None:
        """Set one aside for a port that is being visited."""
        self._awaiting.add(port)

    def end(self, port: int) -> None:
        """Set none aside for a port any more."""
        self._awaiting.discard(port)
