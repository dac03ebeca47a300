"""The names of the targets and the loopback addresses they resolve to."""

from typing import Final

# Several, so that ports of closed connections are free again before their turn comes round.
ADDRESSES: Final = tuple(f"127.0.1.{last}" for last in range(1, 17))

# Where a port takes every connection and never says a word.
SILENT_ADDRESSES: Final = tuple(f"127.0.2.{last}" for last in range(1, 17))


def target_names(count: int) -> dict[str, str]:
    """Return count names, each with its address."""
    return {
        f"host{number:04}.bench.test": ADDRESSES[number % len(ADDRESSES)] for number in range(count)
    }


def silent_names(count: int) -> dict[str, str]:
    """Return count names of targets that never answer, each with its address."""
    return {
        f"silent{number:04}.bench.test": SILENT_ADDRESSES[number % len(SILENT_ADDRESSES)]
        for number in range(count)
    }
