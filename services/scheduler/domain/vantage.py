"""What is known of the vantage points: who is there, and whether anybody there is fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outscope.failures import FailureReason
from outscope.vantage import MAX_VANTAGE_TAGS
from services.scheduler.domain.check import Failure, Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfitness:
    """A self-test that a prober does not pass."""

    part: str
    # For people.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProber:
    """A prober that said a moment ago that it is alive."""

    vantage_point: str
    prober_id: str
    version: str
    has_ipv6: bool
    # How many checks it carries out at once; 0 when it does not tell.
    places: int = 0
    tags: tuple[str, ...] = ()
    # The account it says it serves alone; empty for all.
    owner: str = ""
    unfit: tuple[Unfitness, ...] = ()

    @property
    def is_fit(self) -> bool:
        """Whether it takes jobs."""
        return not self.unfit

    def may_speak(self, owner: str | None) -> bool:
        """Whether it is believed where the vantage point was given to this account, None to all.

        Who says nothing of an owner serves whomever operators gave the vantage point to; who was
        made for one account is not heard before it was given to that one, lest others use it.
        """
        return self.owner in {"", owner}


def faults_of(probers: Sequence[LiveProber]) -> tuple[Unfitness, ...]:
    """Return what is wrong with probers, each fault once."""
    return tuple(dict.fromkeys(fault for prober in probers for fault in prober.unfit))


def tags_of(probers: Iterable[LiveProber]) -> tuple[str, ...]:
    """Return what probers of one vantage point say of where it stands, each tag once."""
    return tuple(sorted({tag for prober in probers for tag in prober.tags}))[:MAX_VANTAGE_TAGS]


def vantage_failure(
    vantage_point: str, probers: Sequence[LiveProber], patience_s: float
) -> Failure:
    """Return the failure of a check that nobody was there for; probers are those that are unfit."""
    why = "; ".join(f"{fault.part}: {fault.reason}" for fault in faults_of(probers))
    return Failure(
        reason=FailureReason.VANTAGE_UNAVAILABLE.value,
        owner=Owner.OURS,
        message=f"No prober of {vantage_point} was alive and fit for {patience_s:g} seconds"
        + (f" ({why})." if why else "."),
    )
