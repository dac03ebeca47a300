"""Requests that wait for a check: how many at once, for how long, and that they end with us.

Law: nothing waits when the gateway closes, so that what had arrived is answered in time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from outscope.errors import Unavailable

DEFAULT_MOST: Final = 1000


class Waits:
    """The places of one gateway."""

    def __init__(self, most: int = DEFAULT_MOST) -> None:
        self._most = most
        self._waiting: set[asyncio.Timeout] = set()
        self._has_ended = False

    @property
    def count(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    @asynccontextmanager
    async def place(self, for_s: float) -> AsyncIterator[None]:
        """Wait inside the context for at most so long; raises TimeoutError then, or Unavailable.

        TimeoutError comes early when the gateway closes.
        """
        if len(self._waiting) >= self._most:
            raise Unavailable(
                f"{self._most} requests wait here for a check, which is all this gateway holds; "
                "try again in a moment"
            )
        async with asyncio.timeout(0 if self._has_ended else for_s) as scope:
            self._waiting.add(scope)
            try:
                yield
            finally:
                self._waiting.discard(scope)

    def end(self) -> None:
        """End all waiting, now and from now on."""
        self._has_ended = True
        now_s = asyncio.get_running_loop().time()
        for waiting in self._waiting:
            if not waiting.expired():
                waiting.reschedule(now_s)
