"""Merges what several vantage points saw into one verdict.

Law: the merged verdict is one that a vantage point reached, never a mixture, so that its evidence
holds; and whoever was hindered by us is not counted. As each reach includes those before it, the
verdict of the vantage point that comes n-th is, for each of reachable, speaks_http and analyzable,
what at least n of them say.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from services.scheduler.domain.check import Quorum
from services.scheduler.domain.sighting import Reach, Sighting

# Of two that differ nobody can say which of them is at fault.
_ENOUGH_TO_SUSPECT: Final = 3
_NO_ROUTE: Final = "tcp_unreachable"


def votes_needed(quorum: Quorum, counted: int) -> int:
    """Return how many of those counted it takes; counted is at least 1."""
    needed = {Quorum.MAJORITY: counted // 2 + 1, Quorum.ANY: 1, Quorum.ALL: counted}
    return needed[quorum]


def counted_among(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return those that speak of the target and not of us, in order."""
    unhindered = [sighting for sighting in sightings if sighting.hindrance is None]
    return [each for each in unhindered if not _has_no_route_alone(each, unhindered)]


def _has_no_route_alone(there: Sighting, unhindered: Sequence[Sighting]) -> bool:
    """Tell whether one alone of several is told of every port that no way leads there.

    The others reach an address that it was given too, so the way from it is what is missing.
    """
    others = [sighting for sighting in unhindered if sighting is not there]
    return (
        len(unhindered) >= _ENOUGH_TO_SUSPECT
        and bool(there.ports)
        and all(port.stage.code == _NO_ROUTE for port in there.ports)
        and all(other.reach > Reach.NOTHING for other in others)
        and any(there.addresses & other.addresses for other in others)
    )


def merged_view(sightings: Sequence[Sighting], quorum: Quorum) -> Sighting | None:
    """Return the sighting whose verdict is the merged one; None when none can be counted.

    Of several that came equally far it is one of the most frequent kind, and of those the first.
    """
    counted = counted_among(sightings)
    if not counted:
        return None
    furthest_first = sorted((sighting.reach for sighting in counted), reverse=True)
    reach = furthest_first[votes_needed(quorum, len(counted)) - 1]
    alike = [sighting for sighting in counted if sighting.reach is reach]
    kinds = Counter(sighting.kind for sighting in alike)
    return max(alike, key=lambda sighting: kinds[sighting.kind])
