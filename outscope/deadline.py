"""The moment after which nobody waits for what is being done here any more.

It is set where a call comes in and read where another one goes out, in the same task or one that it
starts. Work that serves several callers sets its own, or none.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# Of the monotonic clock; None: for as long as it takes.
_deadline_s: ContextVar[float | None] = ContextVar("deadline_s", default=None)


@contextmanager
def deadline_at(moment_s: float | None) -> Iterator[None]:
    """Set the deadline, in seconds of the monotonic clock, inside the context; None for none."""
    token = _deadline_s.set(moment_s)
    try:
        yield
    finally:
        _deadline_s.reset(token)


@contextmanager
def deadline_in(left_s: float | None) -> Iterator[None]:
    """Set the deadline, in seconds from now, inside the context; None for none."""
    with deadline_at(None if left_s is None else time.monotonic() + left_s):
        yield


def deadline_s() -> float | None:
    """Return the deadline in seconds of the monotonic clock, or None."""
    return _deadline_s.get()


def remaining_s() -> float | None:
    """Return how long anybody will wait, negative when nobody does any more; None for ever."""
    moment_s = _deadline_s.get()
    return None if moment_s is None else moment_s - time.monotonic()
