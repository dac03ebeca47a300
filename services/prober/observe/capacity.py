"""Keeps what the checks of a process hold together within bounds: open connections, bytes of body.

Law: every check may hold its share of bytes whatever the others hold; only what is beyond it
depends on them. A check that waits for a connection is not the target's fault.
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

# Of all checks together, and what each may hold even when they hold that much.
BODIES_BYTES: Final = 48 * 1024 * 1024
SHARE_BYTES: Final = 128 * 1024


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


class Bodies:
    """The bytes of bodies that all checks hold together."""

    def __init__(self, limit_bytes: int = BODIES_BYTES, share_bytes: int = SHARE_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.share_bytes = share_bytes
        self.held_bytes = 0


class Allowance:
    """The bytes of bodies that one check holds."""

    __slots__ = ("_bodies", "_held_bytes")

    def __init__(self, bodies: Bodies | None = None) -> None:
        self._bodies = bodies or Bodies()
        self._held_bytes = 0

    def take(self, size_bytes: int) -> int:
        """Return how many of so many bytes may be held, and count them."""
        bodies = self._bodies
        own = bodies.share_bytes - self._held_bytes
        free = bodies.limit_bytes - bodies.held_bytes
        granted = min(size_bytes, max(own, free, 0))
        self._held_bytes += granted
        bodies.held_bytes += granted
        return granted

    def give_back(self, size_bytes: int) -> None:
        """Count so many bytes as no longer held."""
        self._held_bytes -= size_bytes
        self._bodies.held_bytes -= size_bytes

    def close(self) -> None:
        """Count nothing as held any more."""
        self.give_back(self._held_bytes)
