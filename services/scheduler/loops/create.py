"""Stores new checks: all callers that come while a transaction is under way share the next one.

Group commit: an idle system writes at once, a busy one writes many callers' checks for the price
of one. Nobody's fault touches another: a refused order is left out, and a group that fails for
any reason of its own is written again order by order. An order under an idempotency key is written
once: whoever brings it again is given what the first was answered.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from outscope.deadline import deadline_at, deadline_s
from outscope.errors import DeadlineExceeded, Unavailable
from outscope.lifecycle import begin_for_many
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter, Histogram
from services.scheduler.domain.check import Check, CheckStatus, NewCheck, ProbeJob
from services.scheduler.domain.idempotency import KeyedRequest, KeyName
from services.scheduler.domain.limits import Limits
from services.scheduler.domain.rate import Allowance
from services.scheduler.loops.allowances import Allowances, Demand, OverLimit
from services.scheduler.loops.keyed import Replay, Standing, Turn, standings_of
from services.scheduler.store.checks import insert_checks
from services.scheduler.store.database import STANDS_STILL_S, Connection, Database
from services.scheduler.store.idempotency import keep_answers, release_keys

log = logger(__name__)

# More would commit no faster, and hold up for longer whoever else is served by this loop.
_MAX_GROUP_PROBES: Final = 500
# How many may wait to be stored, of most checks one: a machine that stores 2,000 a second is done
# with them well within the ten seconds that callers wait.
_MAX_WAITING_PROBES: Final = 8_000
# For how long the first of the line may have waited before whoever comes new is not let in: who is
# let in waits about as long, which must be well within what callers wait for.
_MAX_WAIT_S: Final = 3.0

_CREATED = Counter("outscope_checks_created_total", "Checks stored.")
_GROUP = Histogram(
    "outscope_create_group_checks",
    "Checks stored in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What one caller wants stored, whole or not at all."""

    limits: Limits
    checks: tuple[NewCheck, ...]

    @property
    def probes(self) -> int:
        """How many probes it takes: one for each vantage point of each check."""
        return sum(1 + len(check.further_probe_ids) for check in self.checks)

    @property
    def demand(self) -> Demand:
        """What it counts for."""
        return Demand(limits=self.limits, wanted=self.probes, pending=len(self.checks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What was stored, in the order asked, and what the caller may still create."""

    checks: tuple[Check, ...]
    allowance: Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed:
    """The key an order comes under, and what is kept of its receipt as the answer."""

    request: KeyedRequest
    answer: Callable[[Receipt], bytes]


_Written: TypeAlias = Receipt | OverLimit
_Outcome: TypeAlias = _Written | Standing


class _Waiter:
    """A caller and the order it waits for."""

    __slots__ = ("deadline_s", "keyed", "order", "receipt", "since_s")

    def __init__(self, order: Order, keyed: Keyed | None = None) -> None:
        self.order = order
        self.keyed = keyed
        self.deadline_s = deadline_s()
        self.since_s = asyncio.get_running_loop().time()
        self.receipt: asyncio.Future[Receipt | Replay] = asyncio.get_running_loop().create_future()

    def settle(self, outcome: Receipt | Replay | Exception) -> None:
        """Tell the caller, unless it hung up."""
        if self.receipt.done():
            return
        if isinstance(outcome, Exception):
            self.receipt.set_exception(outcome)
        else:
            self.receipt.set_result(outcome)


class CreateBatcher:
    """Writes one group at a time; offer is told the jobs of what was committed."""

    def __init__(
        self,
        database: Database,
        offer: Callable[[Sequence[ProbeJob]], None],
        *,
        deadline_s: float,
    ) -> None:
        self._database = database
        self._offer = offer
        self._deadline_s = deadline_s
        self._waiting: list[_Waiter] = []
        self._allowances = Allowances(database, deadline_s=deadline_s)
        self._waiting_probes = 0
        self._writing: asyncio.Task[None] | None = None
        # When the group that is being written was begun, by the loop's clock.
        self._begun_s = 0.0

    async def create(self, order: Order) -> Receipt:
        """Store an order; raise RateLimited, InvalidRequest or Unavailable when it was not.

        Nobody waits where nothing is being stored any more: that is Overloaded, told at once.
        """
        outcome = await self._wait(_Waiter(order))
        assert isinstance(outcome, Receipt)  # noqa: S101 - without a key nothing is replayed
        return outcome

    async def create_once(self, order: Order, keyed: Keyed) -> Receipt | Replay:
        """Store an order unless it was stored before; raises IdempotencyConflict too."""
        return await self._wait(_Waiter(order, keyed))

    async def _wait(self, waiter: _Waiter) -> Receipt | Replay:
        if self._stands_still() or self._waiting_probes > _MAX_WAITING_PROBES:
            raise self._database.too_slow()
        self._waiting.append(waiter)
        self._waiting_probes += waiter.order.probes
        if self._writing is None:
            self._begun_s = asyncio.get_running_loop().time()
            self._writing = begin_for_many(self._write_groups(), name="create")
        return await waiter.receipt

    def _stands_still(self) -> bool:
        if self._writing is None:  # whoever comes begins to write what waits
            return False
        now_s = asyncio.get_running_loop().time()
        if self._waiting and now_s - self._waiting[0].since_s > _MAX_WAIT_S:
            return True
        return now_s - self._begun_s > STANDS_STILL_S

    async def _write_groups(self) -> None:
        try:
            while group := self._next_group():
                self._begun_s = asyncio.get_running_loop().time()
                await self._write(group)
        finally:
            self._writing = None

    def _next_group(self) -> list[_Waiter]:
        """Take what waits, in the order it came, without the callers that hung up."""
        group: list[_Waiter] = []
        size = 0
        while self._waiting and size < _MAX_GROUP_PROBES:
            waiter = self._waiting.pop(0)
            self._waiting_probes -= waiter.order.probes
            if not waiter.receipt.done():
                group.append(waiter)
                size += waiter.order.probes
        return group

    async def _write(self, group: Sequence[_Waiter]) -> None:
        try:
            with deadline_at(_last_deadline_s(group)):
                outcomes = await self._commit(group)
        except (Unavailable, DeadlineExceeded) as error:
            # One exception each: they are raised in different tasks.
            told = DeadlineExceeded if isinstance(error, DeadlineExceeded) else Unavailable
            for waiter in group:
                waiter.settle(told(error.message))
        except Exception as error:  # noqa: BLE001 - whatever it was, the callers must be told
            await self._write_apart(group, error)
        else:
            self._settle(group, outcomes)

    def _settle(self, group: Sequence[_Waiter], outcomes: Sequence[_Outcome]) -> None:
        """Tell the callers; those who were held back come first in the next group."""
        held_back: list[_Waiter] = []
        for waiter, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, Turn):
                held_back.append(waiter)
            else:
                waiter.settle(outcome)
        self._waiting[:0] = held_back
        self._waiting_probes += sum(waiter.order.probes for waiter in held_back)

    async def _write_apart(self, group: Sequence[_Waiter], error: Exception) -> None:
        if len(group) == 1:
            group[0].settle(error)
            return
        log.warning("group failed, writing its orders apart", orders=len(group), cause=repr(error))
        for waiter in group:
            await self._write([waiter])

    async def _commit(self, group: Sequence[_Waiter]) -> list[_Outcome]:
        has_keys = any(waiter.keyed for waiter in group)
        limited = await self._allowances.prepare([waiter.order.demand for waiter in group])
        are_several = any(check.further_probe_ids for check in _checks_of(group))
        is_whole = limited or has_keys or are_several
        # With none of these there is one statement, which needs no transaction around it.
        begin = self._database.transaction if is_whole else self._database.session
        async with begin() as connection:
            standings = await _standings(connection, group) if has_keys else _all_fresh(group)
            fresh = [
                waiter
                for waiter, standing in zip(group, standings, strict=True)
                if standing is Turn.FRESH
            ]
            wanted, stored_at, written = await self._store(connection, fresh)
            if has_keys:
                await _keep(connection, fresh, written)
        if stored_at is not None:
            self._announce(wanted, stored_at)
        left = iter(written)
        return [next(left) if standing is Turn.FRESH else standing for standing in standings]

    async def _store(
        self, connection: Connection, group: Sequence[_Waiter]
    ) -> tuple[list[NewCheck], datetime | None, list[_Written]]:
        """Count and store orders; return the checks stored, when, and what each order is told."""
        orders = [waiter.order for waiter in group]
        rates = await self._allowances.spend(connection, [order.demand for order in orders])
        wanted = [
            check
            for order, rate in zip(orders, rates, strict=True)
            if isinstance(rate, Allowance)
            for check in order.checks
        ]
        stored_at = await self._insert(connection, wanted) if wanted else None
        stored = iter(_stored(wanted, stored_at))
        written: list[_Written] = [
            Receipt(checks=tuple(next(stored) for _ in order.checks), allowance=rate)
            if isinstance(rate, Allowance)
            else rate
            for order, rate in zip(orders, rates, strict=True)
        ]
        return wanted, stored_at, written

    async def _insert(self, connection: Connection, checks: Sequence[NewCheck]) -> datetime:
        return await insert_checks(
            connection, checks, grace_s=self._deadline_s, deadline_s=self._deadline_s
        )

    def _announce(self, checks: Sequence[NewCheck], stored_at: datetime) -> None:
        _CREATED.inc(len(checks))
        _GROUP.observe(len(checks))
        deadline_at = stored_at + timedelta(seconds=self._deadline_s)
        self._offer(
            [
                ProbeJob(
                    probe_id=probe_id,
                    check_id=check.id,
                    attempt=1,
                    spec=check.spec.at(vantage_point),
                    deadline_at=deadline_at,
                    account_id=check.account_id,
                    request_id=check.request_id,
                    traceparent=check.traceparent or None,
                )
                for check in checks
                for vantage_point, probe_id in check.probes()
            ]
        )


def _last_deadline_s(group: Sequence[_Waiter]) -> float | None:
    """Return when the last of a group's callers stops waiting; None when one never does."""
    deadlines = [waiter.deadline_s for waiter in group if waiter.deadline_s is not None]
    return max(deadlines) if len(deadlines) == len(group) else None


def _checks_of(group: Sequence[_Waiter]) -> Iterator[NewCheck]:
    for waiter in group:
        yield from waiter.order.checks


def _all_fresh(group: Sequence[_Waiter]) -> list[Standing]:
    return [Turn.FRESH for _ in group]


async def _standings(connection: Connection, group: Sequence[_Waiter]) -> list[Standing]:
    return await standings_of(
        connection, [waiter.keyed.request if waiter.keyed else None for waiter in group]
    )


async def _keep(
    connection: Connection, group: Sequence[_Waiter], written: Sequence[_Written]
) -> None:
    """Keep what orders under a key are answered, and free the keys of those refused."""
    answers: dict[KeyName, bytes] = {}
    refused: list[KeyName] = []
    for waiter, outcome in zip(group, written, strict=True):
        if waiter.keyed is None:
            continue
        if isinstance(outcome, Receipt):
            answers[waiter.keyed.request.name] = waiter.keyed.answer(outcome)
        else:
            refused.append(waiter.keyed.request.name)
    if answers:
        await keep_answers(connection, answers)
    if refused:
        await release_keys(connection, refused)


def _stored(checks: Sequence[NewCheck], stored_at: datetime | None) -> list[Check]:
    """Return checks as they stand in the database: the n-th is n microseconds younger."""
    if stored_at is None:
        return []
    return [
        Check(
            id=check.id,
            account_id=check.account_id,
            status=CheckStatus.PENDING,
            created_at=stored_at + timedelta(microseconds=place),
            ended_at=None,
            spec=check.spec,
            failure=None,
        )
        for place, check in enumerate(checks, start=1)
    ]
