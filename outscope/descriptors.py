"""Lets the process open as many descriptors as the system allows it."""

import resource
from typing import Final

# Where the system sets no bound.
_PLENTY: Final = 65_536


def raise_descriptor_limit() -> int:
    """Raise the soft limit of open descriptors to the hard one; return the limit that holds."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, _PLENTY) if hard == resource.RLIM_INFINITY else hard
    if soft < wanted and soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
