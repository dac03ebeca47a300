"""Shares what one target may be asked a minute between all who ask: exact, and without a queue.

Law: of the requests to a target that are granted, no more than its limit ever fall into any 60
seconds, and what is not granted is not counted. Requests are remembered by the second, so that a
target's memory stays small; a second is forgotten once all of it is a minute ago.
"""

import math
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WINDOW_S: Final = 60
# From the start of a second in which something was granted until that is granted anew.
_KEPT_S: Final = WINDOW_S + 1
# When a scheduler cannot tell, it may soon.
PATIENCE_S: Final = 2.0


class BudgetKind(StrEnum):
    """Which of a target's budgets."""

    HOST = "host"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Requests a minute to a host name and to an address, 0 for no limit; whom each covers."""

    host: int = 0
    address: int = 0
    # Also targets in ranges that the operator opened to a prober.
    host_covers_opened: bool = False
    address_covers_opened: bool = False

    @property
    def is_limited(self) -> bool:
        """Tell whether there is any limit at all."""
        return bool(self.host or self.address)

    def limit(self, kind: BudgetKind) -> int:
        """Return the limit of one kind; 0 for none."""
        return self.host if kind is BudgetKind.HOST else self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What one target was granted, by Unix second, oldest first."""

    seconds: tuple[int, ...] = ()
    requests: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a prober is about to send: so many requests to a name and to each of its addresses."""

    # Empty when the name has no budget.
    host: str
    addresses: tuple[str, ...]
    requests: int

    @property
    def targets(self) -> dict[str, BudgetKind]:
        """Return whatever counts it, and as what; names and addresses are never spelled alike."""
        named = {self.host: BudgetKind.HOST} if self.host else {}
        return named | dict.fromkeys(self.addresses, BudgetKind.ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """It may be sent, and is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """It may not be sent yet; None when nobody could tell which budget is used up."""

    wait_s: float
    used_up: BudgetKind | None = None


Verdict = Granted | NotNow
GRANTED: Final = Granted()
UNTOLD: Final = NotNow(wait_s=PATIENCE_S)


def verdicts_on(
    asks: Sequence[Ask], ledgers: MutableMapping[str, Ledger], budget: Budget, now_s: float
) -> list[Verdict]:
    """Return what each is told, in order, and leave in ledgers what the granted ones count.

    Those that ask together for more than there is are told to come back a limit's worth a minute.
    """
    turned_away: dict[str, int] = {}
    verdicts: list[Verdict] = []
    for ask in asks:
        limited = {target: kind for target, kind in ask.targets.items() if budget.limit(kind) > 0}
        verdict = _verdict_on(ask, limited, ledgers, budget, now_s, turned_away)
        if isinstance(verdict, Granted):
            for target in limited:
                ledgers[target] = with_requests(ledgers[target], ask.requests, now_s)
        verdicts.append(verdict)
    return verdicts


def _verdict_on(
    ask: Ask,
    limited: Mapping[str, BudgetKind],
    ledgers: Mapping[str, Ledger],
    budget: Budget,
    now_s: float,
    turned_away: MutableMapping[str, int],
) -> Verdict:
    waits = {
        target: wait_s(ledgers[target], ask.requests, budget.limit(kind), now_s)
        for target, kind in limited.items()
    }
    slowest = max(waits, key=lambda target: waits[target], default=None)
    if slowest is None or not waits[slowest]:
        return GRANTED
    before = turned_away.get(slowest, 0)
    turned_away[slowest] = before + ask.requests
    minutes_later = before // budget.limit(limited[slowest])
    return NotNow(wait_s=waits[slowest] + minutes_later * _KEPT_S, used_up=limited[slowest])


def wait_s(ledger: Ledger, requests: int, limit: int, now_s: float) -> float:
    """Return how long until so many requests fit; 0 when they do now, a minute if they never do."""
    if requests > limit:
        return float(_KEPT_S)
    running = current(ledger, now_s)
    used = sum(running.requests)
    if used + requests <= limit:
        return 0.0
    for second, spent in zip(running.seconds, running.requests, strict=True):
        used -= spent
        if used + requests <= limit:
            return second + _KEPT_S - now_s
    raise AssertionError("without any request in the window everything fits")


def with_requests(ledger: Ledger, requests: int, now_s: float) -> Ledger:
    """Return a ledger with requests granted now, and nothing in it that counts no more."""
    running = current(ledger, now_s)
    second = math.floor(now_s)
    if running.seconds and running.seconds[-1] >= second:
        last = running.requests[-1] + requests
        return Ledger(seconds=running.seconds, requests=(*running.requests[:-1], last))
    return Ledger(seconds=(*running.seconds, second), requests=(*running.requests, requests))


def current(ledger: Ledger, now_s: float) -> Ledger:
    """Return what of a ledger still counts."""
    kept = [at for at, second in enumerate(ledger.seconds) if second + _KEPT_S > now_s]
    return Ledger(
        seconds=tuple(ledger.seconds[at] for at in kept),
        requests=tuple(ledger.requests[at] for at in kept),
    )
