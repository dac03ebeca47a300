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


def requests_of(spec: CheckSpec, addresses: int = 1) -> int:
    """Return how many requests a check of a name with so many addresses counts as.

    One a port, and one a path after the first: that is what the address gets that answers, and each
    of the others is connected to once a port. When the versions of TLS are asked for, each of them
    may take a connection to each port. With all_addresses each address gets every path. Of a
    redirect each hop is counted when it is about to be followed: most paths do not redirect. So is
    what a server takes that speaks another version of HTTP only: most do not.
    """
    versions = len(VERSIONS) if spec.tls_versions else 0
    elsewhere = (addresses - 1) * len(spec.paths) if spec.all_addresses and addresses else 0
    return len(spec.ports) * (1 + versions) + len(spec.paths) - 1 + elsewhere
