"""Draws what will go wrong and when; the same seed draws the same plan.

Law: every kind comes as often as its weight says, to one fault, so that no long run leaves one out.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What can be done to the system."""

    KILL = "kill"
    FREEZE = "freeze"
    NATS_RESTART = "nats restart"
    NATS_LOST = "nats store lost"
    NATS_FULL = "nats disk full"
    NATS_FREEZE = "nats freeze"
    POSTGRES_RESTART = "postgres restart"
    POSTGRES_FREEZE = "postgres freeze"
    CUT = "connections cut"
    DELAY = "connections delayed"
    SILENCE = "connections silent"
    CLOCK = "clock step"


ROLES: Final = ("gateway", "scheduler", "prober", "notifier")
SERVERS: Final = ("postgres", "nats")

_WEIGHTS: Final[Mapping[Kind, int]] = {
    Kind.KILL: 8,
    Kind.FREEZE: 8,
    Kind.NATS_RESTART: 1,
    Kind.NATS_LOST: 1,
    Kind.NATS_FULL: 1,
    Kind.NATS_FREEZE: 1,
    Kind.POSTGRES_RESTART: 1,
    Kind.POSTGRES_FREEZE: 1,
    Kind.CUT: 3,
    Kind.DELAY: 2,
    Kind.SILENCE: 2,
    Kind.CLOCK: 2,
}
_OF_ROLES: Final = frozenset({Kind.KILL, Kind.FREEZE, Kind.CLOCK})
_OF_SERVERS: Final = frozenset({Kind.CUT, Kind.DELAY, Kind.SILENCE})
_LASTING: Final = frozenset(
    {Kind.FREEZE, Kind.SILENCE, Kind.DELAY, Kind.NATS_FREEZE, Kind.POSTGRES_FREEZE}
)
_PAUSE_S: Final = (1.0, 4.0)
# Shorter than a lease, about as long, and longer.
_LASTS_S: Final = (0.5, 2.0, 6.0, 12.0, 20.0)
# Of connections: some, most, or all.
_SHARES: Final = (0.2, 0.6, 1.0)
# Signed webhooks are good for five minutes: a notifier's clock stays within them.
_CLOCK_S: Final[Mapping[str, int]] = {"notifier": 200}
_ANY_CLOCK_S: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    after_s: seconds after the fault before it. lasts_s: seconds until it is over, 0 for what is
    over at once. which: picks one replica, as a number modulo their count. amount: share of the
    connections, milliseconds of delay or seconds of the clock.
    """

    kind: Kind
    after_s: float
    role: str = ""
    which: int = 0
    lasts_s: float = 0.0
    amount: float = 0.0

    def __str__(self) -> str:
        """Return it in words."""
        words = [self.kind.value, self.role]
        if self.kind in _OF_ROLES:
            words.append(f"#{self.which}")
        if self.amount:
            words.append(f"by {self.amount:g}")
        if self.lasts_s:
            words.append(f"for {self.lasts_s:g} s")
        return " ".join(word for word in words if word)


def plan(seed: int, count: int) -> list[Fault]:
    """Return so many faults, in their order; a shorter plan is the beginning of a longer one."""
    draw, details = random.Random(seed), random.Random(f"{seed} in detail")
    kinds = [kind for kind, weight in _WEIGHTS.items() for _ in range(weight)]
    drawn: list[Kind] = []
    while len(drawn) < count:
        drawn += draw.sample(kinds, len(kinds))
    return [_fault(kind, details) for kind in drawn[:count]]


def _fault(kind: Kind, draw: random.Random) -> Fault:
    role = draw.choice(ROLES) if kind in _OF_ROLES else ""
    server = draw.choice(SERVERS) if kind in _OF_SERVERS else ""
    return Fault(
        kind=kind,
        after_s=round(draw.uniform(*_PAUSE_S), 2),
        role=role or server,
        which=draw.randrange(8),
        lasts_s=_lasts(kind, draw),
        amount=_amount(kind, role, draw),
    )


def _lasts(kind: Kind, draw: random.Random) -> float:
    if kind in _LASTING:
        return draw.choice(_LASTS_S)
    return draw.choice(_LASTS_S[:3]) if kind is Kind.NATS_FULL else 0.0


def _amount(kind: Kind, role: str, draw: random.Random) -> float:
    if kind in {Kind.CUT, Kind.SILENCE}:
        return draw.choice(_SHARES)
    if kind is Kind.DELAY:
        return float(draw.randrange(20, 400))
    if kind is Kind.CLOCK:
        most = _CLOCK_S.get(role, _ANY_CLOCK_S)
        return float(draw.choice((-1, 1)) * draw.randrange(10, most))
    return 0.0
