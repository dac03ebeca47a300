"""Answers probers that ask whether something may be sent to a target now.

Those that come together share a transaction, and schedulers side by side count in the same rows.
When Postgres is away nothing is granted: the prober is told to have its job handed out again.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from outscope.bus.connect import Bus
from outscope.bus.subjects import BUDGET, SCHEDULERS
from outscope.errors import Unavailable
from outscope.lifecycle import begin_for_many
from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.domain.budget import UNTOLD, Ask, Budget, Granted, Verdict, verdicts_on
from services.scheduler.store.budgets import lock_ledgers, save_ledgers
from services.scheduler.store.database import Database
from services.scheduler.translate.budget import ask_in, verdict_payload
from services.scheduler.translate.report import UndecodableError

log = logger(__name__)

_GROUP: Final = 200

_ASKED = Counter(
    "outscope_target_budget_asks_total",
    "Checks that asked for a target's budget, by what they were told.",
    ("verdict",),
)


class TargetBudgets:
    """Counts what is granted; one group of askers at a time."""

    def __init__(self, database: Database, bus: Bus, budget: Budget) -> None:
        self._database = database
        self._bus = bus
        self._budget = budget
        self._waiting: list[tuple[Ask, asyncio.Future[Verdict]]] = []
        self._judging: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Answer for ever."""
        async with self._bus.answering(BUDGET, SCHEDULERS, self.answer):
            await asyncio.Event().wait()

    async def answer(self, payload: bytes) -> bytes:
        """Return the answer to one question as it travels."""
        try:
            verdict = await self.verdict(ask_in(payload))
        except UndecodableError as error:
            log.error("unreadable question", exception=error)  # noqa: TRY400 - ours has fields
            verdict = UNTOLD
        return verdict_payload(verdict)

    async def verdict(self, ask: Ask) -> Verdict:
        """Return what an asker is told; what is granted is counted."""
        told: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((ask, told))
        if self._judging is None:
            self._judging = begin_for_many(self._judge_groups(), name="budgets")
        return await told

    async def _judge_groups(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_GROUP], self._waiting[_GROUP:]
                verdicts = await self._judge_or_put_off([ask for ask, _ in group])
                for (_, told), verdict in zip(group, verdicts, strict=True):
                    _ASKED.labels(_label(verdict)).inc()
                    if not told.done():
                        told.set_result(verdict)
        finally:
            self._judging = None

    async def _judge_or_put_off(self, asks: Sequence[Ask]) -> Sequence[Verdict]:
        try:
            return await self._judge(asks)
        except Unavailable as error:
            log.warning("cannot count requests to targets now", asks=len(asks), cause=error)
        except Exception as error:  # noqa: BLE001 - whatever it was, those who ask must be told
            log.error("cannot count requests to targets", exception=error)  # noqa: TRY400 - with fields
        return [UNTOLD] * len(asks)

    async def _judge(self, asks: Sequence[Ask]) -> Sequence[Verdict]:
        targets = {target for ask in asks for target in ask.targets}
        async with self._database.transaction() as connection:
            ledgers, now_s = await lock_ledgers(connection, list(targets))
            stored = dict(ledgers)
            verdicts = verdicts_on(asks, ledgers, self._budget, now_s)
            changed = {
                target: ledger for target, ledger in ledgers.items() if ledger is not stored[target]
            }
            if changed:
                await save_ledgers(connection, changed)
        return verdicts


def _label(verdict: Verdict) -> str:
    if isinstance(verdict, Granted):
        return "granted"
    return "untold" if verdict.used_up is None else f"{verdict.used_up}_used_up"
