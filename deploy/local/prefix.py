"""Turns the output of a process into whole lines that begin with its name.

Law: bytes come in any portions; a line goes out once it is whole, or as long as a line may get.
"""

from typing import Final

MAX_LINE_BYTES: Final = 64 * 1024
_COLOURS: Final = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


class LinePrefixer:
    """Collects output and gives it back as lines."""

    def __init__(self, prefix: str, noise: tuple[bytes, ...] = ()) -> None:
        self._prefix = prefix.encode()
        self._noise = noise
        self._rest = b""

    def feed(self, chunk: bytes) -> bytes:
        """Return the lines that chunk has made whole."""
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) >= MAX_LINE_BYTES:
            whole.append(self._rest)
            self._rest = b""
        shown = (line for line in whole if not any(noise in line for noise in self._noise))
        return b"".join(self._prefix + line.rstrip(b"\r") + b"\n" for line in shown)

    def close(self) -> bytes:
        """Return what is left when the process has ended without a newline."""
        return self.feed(b"\n") if self._rest else b""


def prefix_for(label: str, *, width: int, position: int, colour: bool) -> str:
    """Return what stands before each line of a process, in a colour of its own on a terminal."""
    text = f"{label:<{width}} | "
    if not colour:
        return text
    return f"\x1b[{_COLOURS[position % len(_COLOURS)]}m{text}\x1b[0m"
