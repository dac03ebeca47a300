"""Merges what several vantage points saw into one verdict.

Law: the merged verdict is one that a vantage point reached, never a mixture, so that its evidence
holds; and whoever was hindered by us is not counted. As each reach includes those before it, the
verdict of the vantage point that comes n-th is, for each of reachable, speaks_http and analyzable,
what at least n of them say.
"""

from collections import Counter
from collections.abc import Sequence

from services.scheduler.domain.check import Quorum
from services.scheduler.domain.sighting import Sighting


def votes_needed(quorum: Quorum, counted: int) -> int:
    """Return how many of those counted it takes; counted is at least 1."""
    needed = {Quorum.MAJORITY: counted // 2 + 1, Quorum.ANY: 1, Quorum.ALL: counted}
    return needed[quorum]


def counted_among(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Return those that speak of the target and not of us, in order."""
    return [sighting for sighting in sightings if sighting.hindrance is None]


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
