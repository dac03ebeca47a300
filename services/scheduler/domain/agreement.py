"""Tells whether vantage points agree on a target, and if not, in what way and by what evidence.

Law: a vantage point is compared with the one that came furthest and looks like most, so whoever
sees less or other than that is named; and what was hindered by us never stands against the target.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.difference import (
    Difference,
    Disagreement,
    certificate_identity,
    destination,
    differences,
    is_served,
)
from services.scheduler.domain.quorum import counted_among
from services.scheduler.domain.sighting import Reach, Sighting

AGREE: Final = "agree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissent:
    """In what one vantage point differs from the one that it was compared with."""

    vantage_point: str
    # Empty when it was compared with nobody, as it was hindered by us.
    compared_with: str
    # At least one.
    differences: tuple[Difference, ...]

    @property
    def disagreement(self) -> Disagreement:
        """Return the class that says most."""
        return foremost([difference.disagreement for difference in self.differences])


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Whether those counted agree; dissents in the order of the vantage points."""

    # In order; those that speak of the target and not of us.
    counted: tuple[str, ...]
    dissents: tuple[Dissent, ...] = ()

    @property
    def code(self) -> str:
        """Return agree, or the class of disagreement that says most."""
        if not self.dissents:
            return AGREE
        return foremost([dissent.disagreement for dissent in self.dissents]).value


def foremost(classes: Sequence[Disagreement]) -> Disagreement:
    """Return the class that says most; classes are at least one."""
    order = list(Disagreement)
    return min(classes, key=order.index)


def agreement_of(sightings: Sequence[Sighting]) -> Agreement | None:
    """Return how far vantage points agree; None when none of them can be counted."""
    counted = counted_among(sightings)
    if not counted:
        return None
    standard = _standard(counted)
    found = (_dissent(sighting, standard, counted) for sighting in sightings)
    return Agreement(
        counted=tuple(sighting.vantage_point for sighting in counted),
        dissents=tuple(dissent for dissent in found if dissent is not None),
    )


def _standard(counted: Sequence[Sighting]) -> Sighting:
    """Return whom the others are compared with: of those that came furthest what most look like."""
    furthest = max(_extent(sighting) for sighting in counted)
    candidates = [sighting for sighting in counted if _extent(sighting) == furthest]
    looks = Counter(_look(sighting) for sighting in candidates)
    return max(candidates, key=lambda sighting: looks[_look(sighting)])


def _extent(sighting: Sighting) -> tuple[Reach, int]:
    """Return how far it came, and how many ports and paths of it answered as one wishes."""
    ports = sum(port.stage.owner is None for port in sighting.ports)
    return sighting.reach, ports + sum(is_served(path) for path in sighting.paths)


def _look(sighting: Sighting) -> Hashable:
    # As differences are told: whoever has a number of its own looks no less like the others.
    certificates = tuple((port.port, certificate_identity(port)) for port in sighting.ports)
    pages = tuple(
        (path.path, path.status, path.media_type, path.title, destination(path.location))
        for path in sighting.paths
    )
    return certificates, pages


def _dissent(there: Sighting, standard: Sighting, counted: Sequence[Sighting]) -> Dissent | None:
    if there.hindrance is not None:
        field, code = there.hindrance
        suspicion = Difference(
            disagreement=Disagreement.PROBER_SUSPECT, field=field, value=code, elsewhere=""
        )
        return Dissent(
            vantage_point=there.vantage_point, compared_with="", differences=(suspicion,)
        )
    found = differences(there, standard)
    if there not in counted:  # it alone has no way there
        found = tuple(_suspected(difference) for difference in found)
    if not found:
        return None
    return Dissent(
        vantage_point=there.vantage_point,
        compared_with=standard.vantage_point,
        differences=found,
    )


def _suspected(difference: Difference) -> Difference:
    return Difference(
        disagreement=Disagreement.PROBER_SUSPECT,
        field=difference.field,
        value=difference.value,
        elsewhere=difference.elsewhere,
    )
