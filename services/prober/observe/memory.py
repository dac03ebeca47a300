"""Keeps what the checks of a process hold together of what targets sent within bounds.

Law: every check may hold its own bytes whatever the others hold; only what is beyond them comes out
of what all share. Nothing is cut or left out for want of memory, or a verdict would depend on what
else is checked: where there is none for more the check stops reading and waits. Of those that wait
some, in their order, go on: as many at a time as can take no more together than two of the largest.
One that takes more than was expected of it waits again unless there is room for that; the eldest of
them goes on to its end whatever it takes, so that there is always one that ends.
"""

import asyncio
from typing import Final, Protocol, Self

_MIB: Final = 1024 * 1024
# The bodies of two ports.
OWN_BODIES_BYTES: Final = 128 * 1024
SHARED_BODIES_BYTES: Final = 8 * _MIB
# A dozen heads and the chain of a port, as they usually are.
OWN_HEADS_BYTES: Final = 32 * 1024
SHARED_HEADS_BYTES: Final = 4 * _MIB
# No more than this is expected of a check; with all addresses and redirects it may be twice that.
LARGEST_BYTES: Final = 8 * _MIB
# So many of which that is expected go on at a time, or as many more of smaller ones.
AHEAD: Final = 2
# What a check may wait for means of ours, in seconds, and its deadline still be of the target's
# making, or a connection that the server breaks off.
BEARABLE_WAIT_S: Final = 1.0
# A check that waits goes on when all share so much again: the longest heads of twenty ports.
_ROOM_BYTES: Final = _MIB


class Reader(Protocol):
    """What reads from a target on behalf of a check."""

    def pause(self) -> None:
        """Read no more, and let no time pass, until resumed."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...


class Stock:
    """Bytes that every check has of its own, and bytes that all share."""

    __slots__ = ("left_bytes", "own_bytes")

    def __init__(self, *, own_bytes: int, shared_bytes: int) -> None:
        self.own_bytes = own_bytes
        # Of those that are shared; negative while more is held.
        self.left_bytes = shared_bytes


class Holding:
    """What one check holds of a stock."""

    __slots__ = ("_stock", "held_bytes")

    def __init__(self, stock: Stock) -> None:
        self._stock = stock
        self.held_bytes = 0

    @property
    def is_beyond(self) -> bool:
        """Tell whether the check holds more than its own, and all together more than they share."""
        return self._stock.left_bytes < 0 and not self.is_own

    @property
    def is_own(self) -> bool:
        """Tell whether the check holds no more than its own."""
        return self.held_bytes <= self._stock.own_bytes

    def add(self, size_bytes: int) -> None:
        """Count so many bytes as held; negative for those that no longer are."""
        own_bytes = self._stock.own_bytes
        before, self.held_bytes = self.held_bytes, self.held_bytes + size_bytes
        self._stock.left_bytes += max(0, before - own_bytes) - max(0, self.held_bytes - own_bytes)


class Memory:
    """What all checks of a process may hold, and who waits for more of it."""

    def __init__(
        self, bodies: Stock | None = None, heads: Stock | None = None, *, ahead: int = AHEAD
    ) -> None:
        self.bodies = bodies or Stock(own_bytes=OWN_BODIES_BYTES, shared_bytes=SHARED_BODIES_BYTES)
        self.heads = heads or Stock(own_bytes=OWN_HEADS_BYTES, shared_bytes=SHARED_HEADS_BYTES)
        # Those that go on, the eldest first, and what each may take.
        self._ahead: dict[Allowance, int] = {}
        self._left_ahead_bytes = ahead * LARGEST_BYTES
        # In the order they came.
        self._waiting: dict[Allowance, None] = {}

    def may_go_on(self, allowance: "Allowance") -> bool:
        """Tell whether a check that is beyond its memory goes on; otherwise it is to wait."""
        if self._goes_ahead(allowance):
            return True
        self._waiting[allowance] = None
        return False

    def note_room(self) -> None:
        """Let those that have waited longest go on for which there is room, or a place ahead."""
        left_bytes = min(self.heads.left_bytes, self.bodies.left_bytes)
        eldest = next(iter(self._ahead), None)
        if eldest in self._waiting and self._goes_ahead(eldest):
            eldest.end_waiting()
        while self._waiting:
            allowance = next(iter(self._waiting))
            if not self._goes_ahead(allowance):
                if left_bytes < _ROOM_BYTES:
                    return
                left_bytes -= _ROOM_BYTES
            allowance.end_waiting()

    def leave(self, allowance: "Allowance") -> None:
        """Take that a check waits no more."""
        self._waiting.pop(allowance, None)

    def note_end(self, allowance: "Allowance") -> None:
        """Let another go ahead after a check that has ended."""
        self._left_ahead_bytes += self._ahead.pop(allowance, 0)
        self.note_room()

    def _goes_ahead(self, allowance: "Allowance") -> bool:
        """Let a check go on, if there is a place for what it may take, or takes beyond that."""
        placed_bytes = self._ahead.get(allowance)
        if placed_bytes is None:
            placed_bytes, wanted_bytes = 0, allowance.most_bytes
        else:
            wanted_bytes = max(0, allowance.held_bytes - placed_bytes)
        is_eldest = next(iter(self._ahead), None) is allowance
        if wanted_bytes > max(0, self._left_ahead_bytes) and not is_eldest:
            return False
        self._ahead[allowance] = placed_bytes + wanted_bytes
        self._left_ahead_bytes -= wanted_bytes
        return True


class Allowance:
    """The bytes that one check holds; closing it counts them as held no more."""

    __slots__ = (
        "_bodies",
        "_goes_on",
        "_heads",
        "_longest_wait_s",
        "_memory",
        "_readers",
        "is_exhausted",
        "most_bytes",
    )

    def __init__(self, memory: Memory | None = None) -> None:
        self._memory = memory or Memory()
        self._bodies = Holding(self._memory.bodies)
        self._heads = Holding(self._memory.heads)
        # What the check takes at most, as far as is known.
        self.most_bytes = LARGEST_BYTES
        # In the order they came.
        self._readers: dict[Reader, None] = {}
        # Set when the check goes on; None while it does.
        self._goes_on: asyncio.Event | None = None
        # For memory or a TLS session, in seconds.
        self._longest_wait_s = 0.0
        # Something was not to be had by the deadline: what was seen for want of it tells nothing of
        # the target.
        self.is_exhausted = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def held_bytes(self) -> int:
        """Return how much the check holds."""
        return self._bodies.held_bytes + self._heads.held_bytes

    @property
    def is_waiting(self) -> bool:
        """Tell whether memory is waited for; nothing is read or begun meanwhile."""
        return self._goes_on is not None

    @property
    def was_held_up(self) -> bool:
        """Tell whether the check may have come to its deadline for what it waited for."""
        has_waited = self.is_waiting or self._longest_wait_s > BEARABLE_WAIT_S
        return self.is_exhausted or has_waited

    def expect(self, most_bytes: int) -> None:
        """Take that the check will hold about so many bytes at most."""
        self.most_bytes = min(most_bytes, LARGEST_BYTES)

    def take(self, size_bytes: int) -> None:
        """Count bytes of a body as held; where there is no memory for more, wait."""
        self._bodies.add(size_bytes)
        self._wait_if_beyond(self._bodies)

    def give_back(self, size_bytes: int) -> None:
        """Count so many bytes of bodies as no longer held."""
        self._bodies.add(-size_bytes)
        self._note_less()

    def hold(self, size_bytes: int) -> None:
        """Count bytes of a head or a handshake as held; where there is no memory for more, wait."""
        self._heads.add(size_bytes)
        self._wait_if_beyond(self._heads)

    def release(self, size_bytes: int) -> None:
        """Count so many bytes of a head or a handshake as no longer held."""
        self._heads.add(-size_bytes)
        self._note_less()

    async def able_to_go_on(self, until_s: float) -> None:
        """Wait while the check waits for memory, until a moment of the loop's clock."""
        try:
            async with asyncio.timeout_at(until_s):
                while self._goes_on is not None:
                    await self._goes_on.wait()
        except TimeoutError:
            self.is_exhausted = True

    def admit(self, reader: Reader) -> None:
        """Let a reader read, and have it wait while the check does."""
        self._readers[reader] = None
        if self.is_waiting:
            reader.pause()

    def dismiss(self, reader: Reader) -> None:
        """Take that a reader reads no more."""
        self._readers.pop(reader, None)

    def note_wait(self, wait_s: float) -> None:
        """Note how long something was waited for that is ours."""
        self._longest_wait_s = max(self._longest_wait_s, wait_s)

    def end_waiting(self) -> None:
        """Have every reader read on, from the loop."""
        self._stop_waiting()
        asyncio.get_running_loop().call_soon(self._resume)

    def close(self) -> None:
        """Count nothing as held any more."""
        self._stop_waiting()
        for holding in (self._bodies, self._heads):
            holding.add(-holding.held_bytes)
        self._memory.note_end(self)

    def _wait_if_beyond(self, holding: Holding) -> None:
        if holding.is_beyond and not self.is_waiting and not self._memory.may_go_on(self):
            self._goes_on = asyncio.Event()
            for reader in tuple(self._readers):
                reader.pause()

    def _note_less(self) -> None:
        if self.is_waiting and self._bodies.is_own and self._heads.is_own:
            self.end_waiting()
        self._memory.note_room()

    def _stop_waiting(self) -> None:
        self._memory.leave(self)
        goes_on, self._goes_on = self._goes_on, None
        if goes_on is not None:
            goes_on.set()

    def _resume(self) -> None:
        for reader in tuple(self._readers):
            if self.is_waiting:  # again, for what one of them read
                return
            reader.resume()
