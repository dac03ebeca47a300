"""What must be asked for before anything is sent to a target, and how much of it a check takes."""

from collections.abc import Sequence
from typing import Protocol

from services.prober.facts import CheckSpec, Failure, Postponed
from services.prober.observe.client_hello import VERSIONS


class Leave(Protocol):
    """Gives leave for requests to a name and to each address that may be connected to for it."""

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        """Return why they may not be sent now, or None when they may, and are counted."""
        ...


def requests_of(spec: CheckSpec) -> int:
    """Return how many requests a check counts as: one a port, and one a path after the first.

    That is what the address gets that answers; each of the others is connected to once a port. When
    the versions of TLS are asked for, each of them may take a connection to each port.
    """
    versions = len(VERSIONS) if spec.tls_versions else 0
    return len(spec.ports) * (1 + versions) + len(spec.paths) - 1
