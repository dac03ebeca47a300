"""Counts what orders ask for against the limits of their accounts, in the creating transaction.

The counters of an account, or of a key that is counted by itself, are a row that is locked until
the transaction ends; what is pending is counted under that lock. So several schedulers never let
in more than there may be, and what is not stored was not counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from outscope.errors import InvalidRequest, RateLimited, Unavailable
from services.scheduler.domain.limits import Limits, admitted
from services.scheduler.domain.rate import UNLIMITED, Allowance
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.rates import add_windows, count_pending, lock_windows, save_windows

# A limit that is reached, or one that an order is larger than.
OverLimit: TypeAlias = RateLimited | InvalidRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an order asks for, and what it is held to."""

    limits: Limits
    # By the minute and the month: each vantage point of a check counts.
    wanted: int
    # Checks, which count once while they are pending.
    pending: int


class Allowances:
    """Spends them; deadline_s is for how long a check may be pending."""

    def __init__(self, database: Database, *, deadline_s: float) -> None:
        self._database = database
        self._deadline_s = deadline_s
        # The counters known to have a row to lock.
        self._with_row: set[str] = set()

    async def prepare(self, demands: Iterable[Demand]) -> bool:
        """Make missing counters ahead of the transaction, which then only locks, and in order.

        Tells whether there are any to lock.
        """
        counters = _counters(demands)
        missing = counters - self._with_row
        if missing:
            async with self._database.session() as connection:
                await add_windows(connection, list(missing))
            self._with_row |= missing
        return bool(counters)

    async def spend(
        self, connection: Connection, demands: Sequence[Demand]
    ) -> list[Allowance | OverLimit]:
        """Count each demand in the order they came; return what is left, or the refusal."""
        counters = _counters(demands)
        if not counters:
            return [UNLIMITED for _ in demands]
        windows, now = await lock_windows(connection, list(counters))
        if deleted := counters - windows.keys():
            self._with_row -= deleted
            raise Unavailable("The counter of this account was deleted; try again in a moment")
        in_flight = {each.limits.in_flight for each in demands if each.limits.in_flight.most}
        pending = {}
        if in_flight:
            pending = await count_pending(
                connection,
                sorted({limit.counted_for for limit in in_flight}),
                deadline_s=self._deadline_s,
            )
        before = dict(windows)
        outcomes: list[Allowance | OverLimit] = []
        for demand in demands:
            try:
                left = admitted(
                    demand.limits,
                    windows,
                    pending,
                    wanted=demand.wanted,
                    pending_more=demand.pending,
                    now=now,
                    ended_by=now + timedelta(seconds=self._deadline_s),
                )
            except (RateLimited, InvalidRequest) as refusal:
                outcomes.append(refusal)
            else:
                outcomes.append(left)
        changed = {name: window for name, window in windows.items() if window != before[name]}
        if changed:  # a refusal writes nothing
            await save_windows(connection, changed)
        return outcomes


def _counters(demands: Iterable[Demand]) -> set[str]:
    return {name for each in demands for name in each.limits.counters}
