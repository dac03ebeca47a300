"""Takes in one answer, held to a size and a time: a server may send what it likes, and for ever.

Law: nothing is kept of an answer that is larger than any of OutScope's is.
"""

from __future__ import annotations

from outscope_client.errors import UnreadableAnswerError
from outscope_client.settings import Settings

# A check with twenty samples of 64 KiB is a tenth of it.
MOST_BYTES = 32 * 1024 * 1024


class Intake:
    """What has come of one answer since its head did."""

    def __init__(self, settings: Settings, timeout_s: float) -> None:
        self._settings = settings
        self._ends_at = settings.monotonic() + timeout_s
        self._parts: list[bytes] = []
        self._size = 0

    def take(self, part: bytes) -> bool:
        """Take a part; tell whether it came in time. Raises UnreadableAnswerError at the size."""
        self._size += len(part)
        if self._size > MOST_BYTES:
            self._parts.clear()
            raise UnreadableAnswerError(
                f"{self._settings.url} answers with more than {MOST_BYTES} bytes; "
                "is it the address of OutScope's API?"
            )
        self._parts.append(part)
        return self._settings.monotonic() < self._ends_at

    @property
    def content(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)
