import asyncio

from services.scheduler.domain.budget import Ledger
from services.scheduler.store.budgets import delete_idle_ledgers, lock_ledgers, save_ledgers
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import rows


async def test_a_ledger_is_made_when_it_is_missing_and_kept_when_it_is_not(
    database: Database,
) -> None:
    kept = Ledger(seconds=(100, 2**40), requests=(3, 4))
    async with database.transaction() as connection:
        ledgers, _ = await lock_ledgers(connection, ["b.example", "192.0.2.1"])
        assert ledgers == {"b.example": Ledger(), "192.0.2.1": Ledger()}
        await save_ledgers(connection, {"b.example": kept})
    async with database.transaction() as connection:
        ledgers, _ = await lock_ledgers(connection, ["b.example", "192.0.2.1", "::1"])
    assert ledgers == {"b.example": kept, "192.0.2.1": Ledger(), "::1": Ledger()}


async def test_the_time_is_that_after_the_lock_was_had_and_of_postgres(database: Database) -> None:
    is_locked, held_s = asyncio.Event(), 0.4

    async def hold() -> float:
        async with database.transaction() as connection:
            _, now_s = await lock_ledgers(connection, ["a.example", "b.example"])
            is_locked.set()
            await asyncio.sleep(held_s)
            return now_s

    holding = asyncio.create_task(hold())
    await is_locked.wait()
    async with database.transaction() as connection:
        _, later_s = await lock_ledgers(connection, ["b.example"])
    first_s = await holding
    assert later_s - first_s >= held_s
    ((now_s,),) = await rows(database, "SELECT extract(epoch FROM now())::float8")
    assert abs(now_s - later_s) < 5


async def test_transactions_that_lock_the_same_targets_take_turns_and_never_block_each_other(
    database: Database,
) -> None:
    async def add_one(targets: list[str]) -> None:
        async with database.transaction() as connection:
            ledgers, _ = await lock_ledgers(connection, targets)
            await asyncio.sleep(0.002)
            await save_ledgers(
                connection,
                {
                    target: Ledger(seconds=(1,), requests=(sum(ledger.requests) + 1,))
                    for target, ledger in ledgers.items()
                },
            )

    targets = [f"{number}.example" for number in range(8)]
    orders = [targets, targets[::-1], targets[4:] + targets[:4]]
    await asyncio.gather(*(add_one(orders[number % 3]) for number in range(60)))
    assert await rows(database, "SELECT DISTINCT requests FROM target_budgets") == [([60],)]


async def test_a_target_that_is_held_is_not_deleted_and_keeps_nobody_waiting(
    database: Database,
) -> None:
    async with database.transaction() as holding:
        await lock_ledgers(holding, ["held.example"])
    async with database.transaction() as holding:
        await lock_ledgers(holding, ["held.example"])
        async with database.session() as connection:
            await lock_ledgers(connection, ["free.example"])
            assert await delete_idle_ledgers(connection, idle_s=60, limit=10) == 1
    assert await rows(database, "SELECT target FROM target_budgets") == [("held.example",)]


async def test_a_grant_waits_for_no_disk(database: Database) -> None:
    persistence = "SELECT relpersistence FROM pg_class WHERE relname = 'target_budgets'"
    assert await rows(database, persistence) == [("u",)]
