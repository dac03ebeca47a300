"""Questions about targets, asked over the bus of several schedulers at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import BUDGET
from outscope.v1 import messages_pb2
from services.scheduler.domain.budget import UNTOLD, Ask, Budget, BudgetKind, Granted, NotNow
from services.scheduler.loops.budgets import TargetBudgets
from services.scheduler.store.database import Database, open_database
from tests.integration.scheduler.driving import rows, stop

FIVE = Budget(host=5, address=100)


@asynccontextmanager
async def schedulers(
    nats_url: str, database_url: str, count: int, budget: Budget = FIVE
) -> AsyncIterator[None]:
    """Answer as so many schedulers do, each with its own bus and its own pool."""
    async with asyncio.TaskGroup() as group:
        serving = [group.create_task(_serve(nats_url, database_url, budget)) for _ in range(count)]
        try:
            yield
        finally:
            for each in serving:
                await stop(each)


async def _serve(nats_url: str, database_url: str, budget: Budget) -> None:
    async with (
        connect_bus(nats_url, "scheduler") as bus,
        open_database(database_url) as database,
    ):
        await TargetBudgets(database, bus, budget).serve()


async def asked(
    bus: Bus, host: str, *addresses: str, requests: int = 1
) -> messages_pb2.BudgetReply:
    question = messages_pb2.BudgetRequest(host=host, addresses=addresses, requests=requests)
    async with asyncio.timeout(20):
        while True:
            try:
                answer = await bus.ask(BUDGET, question.SerializeToString(), timeout_s=10)
                return messages_pb2.BudgetReply.FromString(answer)
            except BusUnavailable:  # nobody answers yet
                await asyncio.sleep(0.02)


async def test_a_budget_is_exact_over_schedulers_side_by_side(
    bus: Bus, nats_url: str, database_url: str, database: Database
) -> None:
    async with schedulers(nats_url, database_url, 3):
        replies = await asyncio.gather(*(asked(bus, f"h{n % 4}.example") for n in range(200)))
    granted = Counter(n % 4 for n, reply in enumerate(replies) if reply.granted)
    assert granted == {0: 5, 1: 5, 2: 5, 3: 5}
    for reply in replies:
        if not reply.granted:
            assert reply.postponement.wait_ms > 0
            assert reply.postponement.used_up == messages_pb2.BUDGET_KIND_HOST
    totals = "SELECT DISTINCT (SELECT sum(n) FROM unnest(requests) AS n) FROM target_budgets"
    assert await rows(database, totals) == [(5,)]


async def test_a_minute_later_there_is_as_much_again(
    bus: Bus, nats_url: str, database_url: str, database: Database
) -> None:
    async with schedulers(nats_url, database_url, 1):
        assert (await asked(bus, "a.example", requests=5)).granted
        refused = await asked(bus, "a.example")
        assert 59_000 < refused.postponement.wait_ms <= 61_000
        await rows(database, "UPDATE target_budgets SET seconds = ARRAY[seconds[1] - 61]")
        assert (await asked(bus, "a.example", requests=5)).granted


async def test_an_address_is_shared_by_the_names_that_lead_there(
    bus: Bus, nats_url: str, database_url: str
) -> None:
    async with schedulers(nats_url, database_url, 1, Budget(host=0, address=3)):
        replies = [await asked(bus, f"{n}.example", "192.0.2.1") for n in range(4)]
    assert [reply.granted for reply in replies] == [True, True, True, False]
    assert replies[3].postponement.used_up == messages_pb2.BUDGET_KIND_ADDRESS


async def test_those_that_ask_together_share_a_transaction(database: Database, bus: Bus) -> None:
    budgets = TargetBudgets(database, bus, Budget(host=1000))
    before = await transactions(database)
    verdicts = await asyncio.gather(
        *(budgets.verdict(Ask(host="a.example", addresses=(), requests=1)) for _ in range(300))
    )
    assert verdicts == [Granted()] * 300
    assert await transactions(database) - before <= 5


async def transactions(database: Database) -> int:
    """Return the id of the next writing transaction; asking takes none."""
    ((number,),) = await rows(database, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
    return int(number)


async def test_a_caller_that_hangs_up_leaves_the_others_their_answers(
    database: Database, bus: Bus
) -> None:
    budgets = TargetBudgets(database, bus, FIVE)
    ask = Ask(host="a.example", addresses=(), requests=1)
    hanging_up = asyncio.create_task(budgets.verdict(ask))
    staying = asyncio.create_task(budgets.verdict(ask))
    await asyncio.sleep(0)
    hanging_up.cancel()
    assert await staying == Granted()


async def test_while_postgres_is_away_nothing_is_granted_and_the_asker_told_at_once(
    bus: Bus,
) -> None:
    async with open_database("postgresql://127.0.0.1:9/x", patience_s=0.2) as away:
        budgets = TargetBudgets(away, bus, FIVE)
        ask = Ask(host="a.example", addresses=(), requests=1)
        async with asyncio.timeout(5):
            assert await budgets.verdict(ask) == UNTOLD


async def test_what_fails_for_a_reason_of_ours_is_told_and_the_next_is_answered(
    database: Database, bus: Bus
) -> None:
    budgets = TargetBudgets(database, bus, FIVE)
    too_large = Ask(host="a.example", addresses=(), requests=2**40)
    unlimited = TargetBudgets(database, bus, Budget(host=2**41))
    assert await unlimited.verdict(too_large) == UNTOLD
    assert await budgets.verdict(Ask(host="a.example", addresses=(), requests=1)) == Granted()


async def test_an_unreadable_question_grants_nothing(database: Database, bus: Bus) -> None:
    reply = messages_pb2.BudgetReply.FromString(
        await TargetBudgets(database, bus, FIVE).answer(b"\xff\xff")
    )
    assert not reply.granted
    assert reply.postponement.used_up == messages_pb2.BUDGET_KIND_UNSPECIFIED


@pytest.mark.parametrize("kind", BudgetKind)
async def test_the_kind_that_is_used_up_is_told(
    database: Database, bus: Bus, kind: BudgetKind
) -> None:
    budgets = TargetBudgets(database, bus, Budget(host=5, address=5))
    firsts = {
        BudgetKind.HOST: Ask(host="a.example", addresses=(), requests=5),
        BudgetKind.ADDRESS: Ask(host="", addresses=("192.0.2.1",), requests=5),
    }
    assert await budgets.verdict(firsts[kind]) == Granted()
    verdict = await budgets.verdict(Ask(host="a.example", addresses=("192.0.2.1",), requests=1))
    assert isinstance(verdict, NotNow)
    assert verdict.used_up is kind
