"""What must be asked for before anything is sent to a target, and how much of it a check takes."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from services.prober.facts import CheckSpec, Failure, Postponed
from services.prober.observe.client_hello import VERSIONS

# Nobody answered in time; as long as a prober itself waits that gets no answer.
_UNANSWERED: Final = Postponed(wait_s=2.0)
_LEAST_PAUSE_S: Final = 0.05


class WithoutLeave(Exception):  # noqa: N818 - the state it tells of
    """What a check needs to go on may not be sent now: it is to be made another time."""

    def __init__(self, refusal: Failure | Postponed) -> None:
        super().__init__(repr(refusal))
        self.refusal = refusal


class Leave(Protocol):
    """Gives leave for requests to a name and to each address that may be connected to for it."""

    async def __call__(
        self, fqdn: str, addresses: Sequence[str], requests: int
    ) -> Failure | Postponed | None:
        """Return why they may not be sent now, or None when they may, and are counted."""
        ...


async def refusal_of(
    leave: Leave, fqdn: str, addresses: Sequence[str], *, until: float
) -> Failure | Postponed | None:
    """Take leave for one more request, waiting for it until a moment of the loop's clock.

    Return why there is none, or None when there is.
    """
    loop = asyncio.get_running_loop()
    refusal: Failure | Postponed = _UNANSWERED
    try:
        async with asyncio.timeout_at(until):
            while (told := await leave(fqdn, addresses, 1)) is not None:
                refusal = told
                if isinstance(told, Failure) or loop.time() + told.wait_s >= until:
                    break
                await asyncio.sleep(max(told.wait_s, _LEAST_PAUSE_S))
            else:
                return None
    except TimeoutError:
        pass
    return refusal


def requests_of(spec: CheckSpec, addresses: int = 1) -> int:
    """Return how many requests a check of a name with so many addresses counts as.

    One a port, and one a path after the first: that is what the address gets that answers, and each
    of the others is connected to once a port. When the versions of TLS are asked for, each of them
    may take a connection to each port. With all_addresses each address gets every path. Of a
    redirect each hop is counted when it is about to be followed: most paths do not redirect. So is
    what a server takes that speaks another version of HTTP only, or has hung up by the time of the
    next path, and a second look at a port: most do not need it.
    """
    versions = len(VERSIONS) if spec.tls_versions else 0
    elsewhere = (addresses - 1) * len(spec.paths) if spec.all_addresses and addresses else 0
    return len(spec.ports) * (1 + versions) + len(spec.paths) - 1 + elsewhere
