import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from services.scheduler.domain.limits import Pending
from services.scheduler.domain.rate import Window
from services.scheduler.store.database import Database
from services.scheduler.store.rates import (
    PENDING,
    add_windows,
    count_pending,
    find_windows,
    lock_windows,
    save_windows,
)
from tests.integration.scheduler.driving import new_check, rows, store


async def test_a_window_is_made_when_it_is_missing_and_kept_when_it_is_not(
    database: Database,
) -> None:
    async with database.transaction() as connection:
        assert (await lock_windows(connection, ["key_b", "key_a"]))[0] == {}
        await add_windows(connection, ["key_b", "key_a"])
        await add_windows(connection, ["key_a"])
        windows, now = await lock_windows(connection, ["key_b", "key_a"])
        assert {key: window.used for key, window in windows.items()} == {"key_a": 0, "key_b": 0}
        started_at = now - timedelta(seconds=5)
        await save_windows(connection, {"key_a": Window(started_at=started_at, used=3)})
    async with database.transaction() as connection:
        windows, _ = await lock_windows(connection, ["key_a"])
    assert windows == {"key_a": Window(started_at=started_at, used=3)}


async def test_the_time_is_that_after_the_lock_was_had(database: Database) -> None:
    async with database.transaction() as connection:
        await add_windows(connection, ["key_a"])
    is_locked = asyncio.Event()

    async def hold() -> datetime:
        async with database.transaction() as connection:
            windows, now = await lock_windows(connection, ["key_a"])
            is_locked.set()
            await asyncio.sleep(0.2)
            await save_windows(connection, {"key_a": replace(windows["key_a"], used=1)})
        return now

    async def wait() -> datetime:
        await is_locked.wait()
        async with database.transaction() as connection:
            _, now = await lock_windows(connection, ["key_a"])
        return now

    first, second = await asyncio.gather(hold(), wait())
    assert second - first >= timedelta(seconds=0.15)


async def test_counting_side_by_side_loses_nothing(database: Database) -> None:
    async def count(keys: list[str]) -> None:
        async with database.transaction() as connection:
            windows, now = await lock_windows(connection, keys)
            await save_windows(
                connection,
                {
                    key: Window(started_at=now, used=window.used + 1)
                    for key, window in windows.items()
                },
            )

    async with database.session() as connection:
        await add_windows(connection, ["key_a", "key_b", "key_c"])
    orders = [["key_a", "key_b", "key_c"], ["key_c", "key_b", "key_a"], ["key_b", "key_c"]]
    await asyncio.gather(*(count(order) for order in orders for _ in range(10)))
    async with database.transaction() as connection:
        windows, _ = await lock_windows(connection, ["key_a", "key_b", "key_c"])
    assert [windows[key].used for key in ("key_a", "key_b", "key_c")] == [20, 30, 30]


async def test_what_is_pending_is_counted_from_the_index_of_what_is_pending(
    database: Database,
) -> None:
    mine, ended, theirs = new_check("acc_a"), new_check("acc_a"), new_check("acc_b")
    created_at = await store(database, mine, ended, theirs)
    await rows(database, "UPDATE checks SET status = 'failed' WHERE id = %s", ended.id)
    async with database.session() as connection:
        found = await count_pending(connection, ["acc_a", "acc_c"], deadline_s=60)
        cursor = await connection.execute("EXPLAIN " + PENDING, (60, ["acc_a"]))
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    latest = created_at + timedelta(seconds=60, microseconds=1)
    assert found == {"acc_a": Pending(count=1, ended_by=latest)}
    assert "checks_pending" in plan


async def test_counters_are_found_without_a_lock(database: Database) -> None:
    async with database.session() as connection:
        assert (await find_windows(connection, ["acc_a"]))[0] == {}
        await add_windows(connection, ["acc_a", "acc_b"])
    async with database.transaction() as holding:
        windows, now = await lock_windows(holding, ["acc_a"])
        counted = replace(windows["acc_a"], used=2, month=now.date().replace(day=1), month_used=7)
        await save_windows(holding, {"acc_a": counted})
        async with asyncio.timeout(2), database.session() as connection:
            assert (await find_windows(connection, ["acc_a"]))[0] == windows
    async with database.session() as connection:
        found, told_at = await find_windows(connection, ["acc_a", "acc_c"])
    assert found == {"acc_a": counted}
    assert told_at > now
