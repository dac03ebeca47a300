"""Keeps the connections that the checks of a process hold together within bounds.

Law: a check that waits for a connection is not the target's fault.
"""

import asyncio
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

    __slots__ = ("_free",)

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free: asyncio.Semaphore | None = free

    def give_back(self) -> None:
        """Let another connection be made."""
        free, self._free = self._free, None
        if free is not None:
            free.release()


class Places:
    """How many connections may be open at once."""

    def __init__(self, count: int = _MOST_CONNECTIONS) -> None:
        self._free = asyncio.Semaphore(count)

    async def take(self, deadline: float) -> Place:
        """Wait for a place until a moment of the loop's clock; raises Exhausted."""
        if self._free.locked():
            try:
                async with asyncio.timeout_at(deadline):
                    await self._free.acquire()
            except TimeoutError as error:
                raise Exhausted("all connections are in use") from error
        else:
            await self._free.acquire()  # at once
        return Place(self._free)
