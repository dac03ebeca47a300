"""Keeps the connections that the checks of a process hold together within bounds.

Law: a check that waits for a connection is not the target's fault.
"""

import asyncio
from collections import deque
from typing import Final

from outscope.netguard.dial import Exhausted

# For what is no connection to a target: the bus, resolvers, files, listeners.
_RESERVED_DESCRIPTORS: Final = 256
# Three for each of five thousand checks whose targets take connections and never say a word; with
# fewer, those hold all there are, and the checks of targets that answer wait for them to give up.
_MOST_CONNECTIONS: Final = 16_384
_LEAST_CONNECTIONS: Final = 16


def connections_within(descriptors: int) -> int:
    """Return how many connections to targets a process with so many descriptors may hold."""
    return max(_LEAST_CONNECTIONS, min(_MOST_CONNECTIONS, descriptors - _RESERVED_DESCRIPTORS))


class Place:
    """The right to hold one connection; given back once, however often that is said."""

    __slots__ = ("_places",)

    def __init__(self, places: "Places") -> None:
        self._places: Places | None = places

    def give_back(self) -> None:
        """Let another connection be made."""
        places, self._places = self._places, None
        if places is not None:
            places.give_back()


class Places:
    """How many connections may be open at once."""

    def __init__(self, count: int = _MOST_CONNECTIONS) -> None:
        self._free = count
        # In the order they came; those that gave up are among them.
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self, deadline: float) -> Place:
        """Wait for a place until a moment of the loop's clock; raises Exhausted."""
        if self._free:
            self._free -= 1
        else:
            await self._given(deadline)
        return Place(self)

    def give_back(self) -> None:
        """Count one connection less, or hand its place on."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1

    async def _given(self, deadline: float) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                await waiter
        except BaseException as error:
            if not waiter.cancelled():  # it was given one that it does not take
                self.give_back()
            if isinstance(error, TimeoutError):
                raise Exhausted("all connections are in use") from error
            raise
