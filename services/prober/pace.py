"""Lets checks begin as fast as the event loop gets on with those that have begun, and no faster.

Thousands begun at once would all be dialled before the first answer is looked at, and be told late
of everything: a name server, or a handshake, would seem silent because we were busy. So every turn
of the loop lets a few begin. What waits for its target waits beside them and takes nobody's place.
"""

import asyncio
from collections import deque
from typing import Final

# A check that is answered is on its way for about six turns and costs about a millisecond: it is
# done in a twentieth of a second, far below the shortest time that a target is given. More at once
# were not faster, and held more memory.
_BEGINNINGS: Final = 8


class Pace:
    """Counts the checks that begin in one turn of the loop; the others wait, in their order."""

    def __init__(self, beginnings: int = _BEGINNINGS) -> None:
        self._beginnings = beginnings
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def turn(self) -> None:
        """Return when one more check may begin: at once, while the loop keeps up."""
        loop = asyncio.get_running_loop()
        if self._begun == 0 and not self._waiting:
            loop.call_soon(self._next, loop)
        if self._begun < self._beginnings and not self._waiting:
            self._begun += 1
            return
        waiter = loop.create_future()
        self._waiting.append(waiter)
        await waiter

    def _next(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin a new turn with those who have waited longest."""
        self._begun = 0
        while self._waiting and self._begun < self._beginnings:
            waiter = self._waiting.popleft()
            if not waiter.done():  # cancelled
                waiter.set_result(None)
                self._begun += 1
        if self._begun:
            loop.call_soon(self._next, loop)
