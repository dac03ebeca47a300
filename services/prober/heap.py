"""Has the C library give the memory of bodies back to the system as soon as they are freed.

By itself glibc keeps such blocks among small ones, and what thousands of bodies leave there between
things that last is held to the end of the process.
"""

import ctypes
from typing import Final

# M_MMAP_THRESHOLD of malloc.h: blocks from this size on are each mapped on their own.
_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 48 * 1024


def free_bodies_at_once() -> bool:
    """Tell the allocator, and return whether there is one to tell: not so outside of glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGE_BYTES))
