"""What must be asked for before anything is sent to a target, and how much of it a check takes."""

from collections.abc import Sequence
from typing import Protocol

from services.prober.facts import CheckSpec, Failure, Postponed


class Leave(Protocol):
    """Gives leave for requests to a name and to each address that may be connected to for it."""

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        """Return why they may not be sent now, or None when they may, and are counted."""
        ...


def requests_of(spec: CheckSpec) -> int:
    """Return how many requests a check counts as: one a port, and one a path after the first.

    That is what the address gets that answers; each of the others is connected to once a port.
    """
    return len(spec.ports) + len(spec.paths) - 1
