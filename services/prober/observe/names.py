"""Tells whether a certificate's names cover a host name: RFC 9525, pure.

Only subject alternative names count, and a wildcard stands for exactly one whole left-most label.
"""

from collections.abc import Iterable
from typing import Final

_MIN_WILDCARD_LABELS: Final = 3


def covers(names: Iterable[str], fqdn: str) -> bool:
    """Tell whether one of these DNS names, in A-labels, is or matches the host name."""
    wanted = fqdn.lower().rstrip(".")
    _, _, parent = wanted.partition(".")
    for name in names:
        offered = name.lower().rstrip(".")
        if offered == wanted:
            return True
        if offered.startswith("*.") and parent and offered[2:] == parent and _is_narrow(offered):
            return True
    return False


def _is_narrow(wildcard: str) -> bool:
    """Tell a wildcard below a registered name from one over a whole top-level domain."""
    return wildcard.count(".") + 1 >= _MIN_WILDCARD_LABELS
