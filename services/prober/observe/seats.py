"""Keeps the TLS sessions that the checks of a process hold together within bounds.

Law: every check may hold two whatever the others hold; only what is beyond that waits for them. A
connection that is merely dialled, or speaks in the clear, takes no seat: it holds next to nothing.
A session that met with silence is held only until another is wanted, or too many are silent.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

# Each is 50 KB inside OpenSSL while the server is waited for.
OWN_SESSIONS: Final = 2
SHARED_SESSIONS: Final = 256
# Of all checks, their own among them. Who has not spoken when so many others are silent too mostly
# never will; one that does after all is connected to anew.
SILENT_SESSIONS: Final = 512


class Pool:
    """A number of TLS sessions that may be held at once, and who waits for one, in order."""

    __slots__ = ("_free", "_offered", "_waiting")

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[Seat, None] = {}
        # Held, but only until they are wanted; the longest so first.
        self._offered: dict[Seat, None] = {}

    def gives(self) -> bool:
        """Count one session as held, unless all are."""
        if self._free == 0:
            return False
        self._free -= 1
        return True

    def takes_over(self) -> bool:
        """Take a session from who has offered it, if anybody has."""
        seat = next(iter(self._offered), None)
        if seat is None:
            return False
        del self._offered[seat]
        seat.lose()
        return True

    def queue(self, seat: "Seat") -> None:
        """Let a seat have the first session that is given back, after those that came before."""
        self._waiting[seat] = None

    def leave(self, seat: "Seat") -> None:
        """Take that a seat waits no more."""
        self._waiting.pop(seat, None)

    def offer(self, seat: "Seat") -> bool:
        """Hand a session on that is still held, as soon as it is wanted; tell whether it is now."""
        if self._hands_on():
            return True
        self._offered[seat] = None
        return False

    def withdraw(self, seat: "Seat") -> None:
        """Let a seat keep what it has offered."""
        self._offered.pop(seat, None)

    def give_back(self) -> None:
        """Count one session as held no more, and hand it on."""
        if not self._hands_on():
            self._free += 1

    def _hands_on(self) -> bool:
        seat = next(iter(self._waiting), None)
        if seat is None:
            return False
        seat.accept(self)
        return True


class Silent:
    """Who holds sessions that met with silence: only so many may, the longest lets go of its own.

    A check's own sessions are wanted by nobody else, so those of thousands of checks whose targets
    never say a word would add up.
    """

    __slots__ = ("_most", "_seats")

    def __init__(self, most: int = SILENT_SESSIONS) -> None:
        self._most = most
        self._seats: dict[Seat, None] = {}

    def add(self, seat: "Seat") -> None:
        """Count one more."""
        self._seats[seat] = None
        if len(self._seats) > self._most:
            next(iter(self._seats)).let_go()

    def discard(self, seat: "Seat") -> None:
        """Count one less."""
        self._seats.pop(seat, None)


class Seat:
    """The right to hold one TLS session: taken from one of several pools, given back once."""

    __slots__ = ("_from", "_is_kept", "_on_loss", "_pools", "_silent", "_then")

    def __init__(
        self, pools: Sequence[Pool], silent: Silent | None = None, *, is_kept: bool = False
    ) -> None:
        self._pools = pools
        self._silent = silent
        # Whatever is offered.
        self._is_kept = is_kept
        # Called when there is a session; None while nothing is waited for.
        self._then: Callable[[], None] | None = None
        # Called when the session is another's.
        self._on_loss: Callable[[], None] | None = None
        self._from: Pool | None = None

    def take(self, then: Callable[[], None]) -> None:
        """Call then as soon as one of the pools has a session: at once, or from the loop.

        What is held already is not taken again.
        """
        if self._from is None:
            self._from = next((pool for pool in self._pools if pool.gives()), None) or next(
                (pool for pool in self._pools if pool.takes_over()), None
            )
        if self._from is not None or not self._pools:
            then()
            return
        self._then = then
        for pool in self._pools:
            pool.queue(self)

    def accept(self, pool: Pool) -> None:
        """Take a session of a pool that was queued for."""
        then = self._then
        self._wait_no_more()
        self._from = pool
        if then is not None:
            asyncio.get_running_loop().call_soon(then)

    def offer(self, on_loss: Callable[[], None]) -> None:
        """Hold the session only until another is wanted; on_loss is called when it is gone."""
        if self._from is None or self._is_kept:
            return
        self._on_loss = on_loss
        if self._from.offer(self):
            self.lose()
        elif self._silent is not None:
            self._silent.add(self)

    def keep(self) -> None:
        """Hold the session to the end after all."""
        self._on_loss = None
        if self._silent is not None:
            self._silent.discard(self)
        if self._from is not None:
            self._from.withdraw(self)

    def lose(self) -> None:
        """Hold the session no more, which has been handed on."""
        self._from = None
        if self._silent is not None:
            self._silent.discard(self)
        on_loss, self._on_loss = self._on_loss, None
        if on_loss is not None:
            on_loss()

    def let_go(self) -> None:
        """Hold the session no more, though nobody wants it."""
        held = self._from
        if held is not None:
            held.withdraw(self)
            self.lose()
            held.give_back()

    def give_back(self) -> None:
        """Let another session be made, or wait for none any more."""
        self._wait_no_more()
        self.keep()
        held, self._from = self._from, None
        if held is not None:
            held.give_back()

    def _wait_no_more(self) -> None:
        if self._then is not None:
            self._then = None
            for pool in self._pools:
                pool.leave(self)
