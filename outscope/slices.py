"""Does work on many things slice by slice, so that what is short need not wait for all of it.

Law: between two slices whatever else is ready in the event loop has its turn.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

# Of things that take some 30 microseconds each: half a millisecond at most.
_SLICE: Final = 10

T = TypeVar("T")
R = TypeVar("R")


async def mapped_in_slices(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """Return what work makes of each thing, in their order."""
    made: list[R] = []
    for start in range(0, len(things), _SLICE):
        if start:
            await asyncio.sleep(0)
        made += [work(thing) for thing in things[start : start + _SLICE]]
    return made
