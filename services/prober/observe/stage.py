"""The one timer of a connection and its clock, which stand still while the check waits for memory.

Law: nothing lasts beyond the deadline, not even waiting; and what we wait for is not the target's
time.
"""

import asyncio
from collections.abc import Callable

Then = Callable[[], None]


class StageTimer:
    """Calls when the time of a stage is over; moments are of its own clock, in seconds."""

    __slots__ = ("_deadline", "_due", "_handle", "_loop", "_on_overdue", "_paused_s", "_waited_s")

    def __init__(self, deadline: float) -> None:
        self._loop = asyncio.get_running_loop()
        # Of the loop's clock.
        self._deadline = deadline
        # Called in place of the stage's own when the deadline comes while paused.
        self._on_overdue: Then | None = None
        self._handle: asyncio.TimerHandle | None = None
        # When the stage is over, and what is called then.
        self._due: tuple[float, Then] | None = None
        # Since when, by the loop's clock; None while time passes.
        self._paused_s: float | None = None
        self._waited_s = 0.0

    @property
    def is_paused(self) -> bool:
        """Tell whether no time passes."""
        return self._paused_s is not None

    @property
    def waited_s(self) -> float:
        """Return for how long no time passed."""
        return self._waited_s

    def now(self) -> float:
        """Return the present moment: the loop's, less the time that was waited."""
        now_s = self._loop.time() if self._paused_s is None else self._paused_s
        return now_s - self._waited_s

    def start(self, timeout_s: float, then: Then) -> None:
        """Begin a stage, in place of the one before."""
        self._due = (self.now() + timeout_s, then)
        self._arm()

    def stop(self) -> None:
        """End the stage before its time."""
        self._due = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def close(self) -> None:
        """End the last stage, and refer to nobody any more."""
        self._on_overdue = None
        self.stop()

    def pause(self, on_overdue: Then) -> None:
        """Let no time pass; on_overdue is called when the deadline comes during a stage."""
        if self._paused_s is None:
            self._paused_s = self._loop.time()
            self._on_overdue = on_overdue
            self._arm()

    def resume(self) -> None:
        """Let time pass again."""
        if self._paused_s is not None:
            self._waited_s += self._loop.time() - self._paused_s
            self._paused_s = self._on_overdue = None
            self._arm()

    def _arm(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        if self._due is None:
            return
        ends_at, then = self._due
        if self._on_overdue is None:
            ends_at = min(ends_at + self._waited_s, self._deadline)
        else:
            ends_at, then = self._deadline, self._on_overdue
        self._handle = self._loop.call_at(ends_at, then)
