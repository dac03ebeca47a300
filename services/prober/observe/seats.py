"""Keeps the TLS sessions that the checks of a process hold together within bounds.

Law: every check may hold two whatever the others hold; only what is beyond that waits for them. A
connection that is merely dialled, or speaks in the clear, takes no seat: it holds next to nothing.
A session that met with silence is held only until another is wanted.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

# Each is 50 KB inside OpenSSL while the server is waited for.
OWN_SESSIONS: Final = 2
SHARED_SESSIONS: Final = 256


class Pool:
    """A number of TLS sessions that may be held at once, and who waits for one, in order."""

    __slots__ = ("_free", "_offered", "_waiting")

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: deque[Seat] = deque()
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
        self._waiting.append(seat)

    def offer(self, seat: "Seat") -> None:
        """Hand a session on that is still held, now or as soon as it is wanted."""
        if self._hands_on():
            seat.lose()
        else:
            self._offered[seat] = None

    def withdraw(self, seat: "Seat") -> None:
        """Let a seat keep what it has offered."""
        self._offered.pop(seat, None)

    def give_back(self) -> None:
        """Count one session as held no more, and hand it on."""
        if not self._hands_on():
            self._free += 1

    def _hands_on(self) -> bool:
        while self._waiting:
            if self._waiting.popleft().is_given(self):
                return True
        return False


class Seat:
    """The right to hold one TLS session: taken from one of several pools, given back once."""

    __slots__ = ("_from", "_is_kept", "_on_loss", "_pools", "_then")

    def __init__(self, pools: Sequence[Pool], *, is_kept: bool = False) -> None:
        self._pools = pools
        # Whatever is offered.
        self._is_kept = is_kept
        # Called when there is a session; None while nothing is waited for.
        self._then: Callable[[], None] | None = None
        # Called when the session is another's.
        self._on_loss: Callable[[], None] | None = None
        self._from: Pool | None = None

    def take(self, then: Callable[[], None]) -> None:
        """Call then as soon as one of the pools has a session: at once, or from the loop."""
        self._from = next((pool for pool in self._pools if pool.gives()), None) or next(
            (pool for pool in self._pools if pool.takes_over()), None
        )
        if self._from is not None or not self._pools:
            then()
            return
        self._then = then
        for pool in self._pools:
            pool.queue(self)

    def is_given(self, pool: Pool) -> bool:
        """Take a session of a pool that was queued for; False when none is wanted any more."""
        then, self._then = self._then, None
        if then is None:
            return False
        self._from = pool
        asyncio.get_running_loop().call_soon(then)
        return True

    def offer(self, on_loss: Callable[[], None]) -> None:
        """Hold the session only until another is wanted; on_loss is called when it is gone."""
        if self._from is not None and not self._is_kept:
            self._on_loss = on_loss
            self._from.offer(self)

    def keep(self) -> None:
        """Hold the session to the end after all."""
        self._on_loss = None
        if self._from is not None:
            self._from.withdraw(self)

    def lose(self) -> None:
        """Hold the session no more, which has been handed on."""
        self._from = None
        on_loss, self._on_loss = self._on_loss, None
        if on_loss is not None:
            on_loss()

    def give_back(self) -> None:
        """Let another session be made, or wait for none any more."""
        self._then = None
        self.keep()
        held, self._from = self._from, None
        if held is not None:
            held.give_back()
