"""Writes the logs of all processes to standard error.

Law: a reader that has gone away never stops the system.
"""

import contextlib
from typing import Final, TextIO

from deploy.local.prefix import LinePrefixer, prefix_for

OWN_LABEL: Final = "outscope"


class Console:
    """One place to write to, with a prefix for each process."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._stream = stream
        self._colour = colour
        self._width = len(OWN_LABEL)
        self._positions: dict[str, int] = {}
        self._own = self.prefixer(OWN_LABEL)

    def make_room(self, labels: list[str]) -> None:
        """Align the prefixes of these processes."""
        self._width = max(self._width, *map(len, labels), len(OWN_LABEL))
        self._own = self.prefixer(OWN_LABEL)

    def prefixer(self, label: str, noise: tuple[bytes, ...] = ()) -> LinePrefixer:
        """Return what prefixes the lines of a process."""
        position = self._positions.setdefault(label, len(self._positions))
        text = prefix_for(label, width=self._width, position=position, colour=self._colour)
        return LinePrefixer(text, noise)

    def tell(self, line: str) -> None:
        """Write a line of our own."""
        self.write(self._own.feed(f"{line}\n".encode()))

    def write(self, lines: bytes) -> None:
        """Write prefixed lines."""
        if not lines:
            return
        with contextlib.suppress(OSError, ValueError):  # the terminal or the pipe is gone
            self._stream.write(lines.decode("utf-8", "replace"))
            self._stream.flush()
