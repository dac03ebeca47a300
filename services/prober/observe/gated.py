"""A connection that is read from only while its check has memory for what comes.

Law: what came and how it ended is told in the order it happened, and nothing once it is closed.
"""

import asyncio
import math
from abc import abstractmethod
from collections.abc import Callable
from typing import cast

from services.prober.observe.capacity import Place
from services.prober.observe.memory import Allowance
from services.prober.observe.stage import StageTimer


class GatedConnection(asyncio.Protocol):
    """The part of a connection that the event loop and the allowance call."""

    __slots__ = (
        "_allowance",
        "_has_begun",
        "_is_closed",
        "_pending",
        "_pending_end",
        "_timer",
        "_transport",
        "place",
    )

    def __init__(self, allowance: Allowance, deadline: float) -> None:
        self._allowance = allowance
        self._timer = StageTimer(deadline)
        self._transport: asyncio.Transport | None = None
        self._is_closed = False
        self._has_begun = False
        # What came while the check waited for memory, and how the connection ended then.
        self._pending = b""
        self._pending_end: Callable[[], None] | None = None
        # Given back when the connection is gone.
        self.place: Place | None = None

    def close(self) -> None:
        """Let go of the connection at once; whatever is awaited has ended by then."""
        self._is_closed = True
        self._timer.close()
        self._pending = b""
        self._allowance.dismiss(self)
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless it is too late."""
        self._transport = cast("asyncio.Transport", transport)  # TCP gives no other kind
        if self._is_closed:
            self._transport.abort()
            return
        self._allowance.admit(self)
        if self._timer.is_paused:
            # Some loops begin to read only now, and do not heed having been told otherwise before.
            asyncio.get_running_loop().call_soon(self._read_or_not)
        self._begin_in_turn()

    def data_received(self, data: bytes) -> None:
        """Take what the server sent, in its turn."""
        if self._timer.is_paused:
            self._pending += data
        elif not self._is_closed:
            self._take(data)

    def eof_received(self) -> None:
        """Take the end of what the server sends."""
        self._end_in_turn(self._end_of_stream)

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        if self.place is not None:
            self.place.give_back()
        self._end_in_turn(self._end_of_stream if exc is None else self._reset)

    # What the allowance calls.

    def pause(self) -> None:
        """Read no more, and let no time pass, until resumed."""
        self._timer.pause(self._end_of_waiting)
        self._read_or_not()

    def resume(self) -> None:
        """Read on, first what came meanwhile."""
        self._timer.resume()
        self._allowance.note_wait(self._timer.waited_s)
        self._begin_in_turn()
        pending, self._pending = self._pending, b""
        if pending:
            self.data_received(pending)
        if self._timer.is_paused:  # again
            return
        ended, self._pending_end = self._pending_end, None
        if ended is not None:
            self._end_in_turn(ended)
        else:
            self._read_or_not()

    def _begin_in_turn(self) -> None:
        """Begin when there is memory for what comes of it, and what is begun has not ended."""
        if self._has_begun or self._transport is None:
            return
        if self._timer.is_paused:
            self._timer.start(math.inf, self._end_of_waiting)
            return
        self._timer.stop()
        if self._pending_end is None:
            self._has_begun = True
            self._begin()

    def _read_or_not(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        if self._timer.is_paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _end_in_turn(self, end: Callable[[], None]) -> None:
        if self._is_closed:
            return
        if self._timer.is_paused:
            self._pending_end = self._pending_end or end
        else:
            end()

    # What a connection makes of it.

    @abstractmethod
    def _begin(self) -> None:
        """Begin what the connection was made for."""

    @abstractmethod
    def _take(self, received: bytes) -> None:
        """Take what the server sent; what may not be read yet is left in _pending."""

    @abstractmethod
    def _end_of_stream(self) -> None:
        """Take that the server sends no more."""

    @abstractmethod
    def _reset(self) -> None:
        """Take that the connection was broken off."""

    @abstractmethod
    def _end_of_waiting(self) -> None:
        """End what had no memory by the deadline of the check."""
