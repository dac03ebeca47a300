"""Makes values of every kind out of noise, always the same ones out of the same noise."""

from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")


class Drawing:
    """Takes values from the front of some bytes; what is used up gives zeroes and nothing."""

    def __init__(self, noise: bytes) -> None:
        self._rest = noise

    def integer(self, most: int) -> int:
        """Return a number from 0 to most."""
        size = (most.bit_length() + 7) // 8
        taken, self._rest = self._rest[:size], self._rest[size:]
        return int.from_bytes(taken) % (most + 1)

    def claim(self) -> bool:
        """Return true or false."""
        return self.integer(1) == 1

    def one_of(self, values: Sequence[_T]) -> _T:
        """Return one of these."""
        return values[self.integer(len(values) - 1)]

    def raw(self, most: int) -> bytes:
        """Return up to so many bytes."""
        size = self.integer(most)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def latin(self, most: int) -> str:
        """Return text as headers carry it, a byte a letter."""
        return self.raw(most).decode("latin-1")
