import asyncio

import psycopg
import pytest

from outscope.errors import Unavailable
from services.scheduler.store.migrate import migrate


@pytest.fixture(scope="session")
def database_template() -> str:
    return "template0"  # these tests begin without tables


async def test_what_is_missing_is_applied_once_and_in_order(database_url: str) -> None:
    applied = await migrate(database_url)
    assert applied == sorted(applied)
    assert applied[0] == "0001_accounts_and_keys.sql"
    assert await migrate(database_url) == []


async def test_schedulers_that_start_at_once_take_turns(database_url: str) -> None:
    applied = await asyncio.gather(*(migrate(database_url) for _ in range(6)))
    assert [len(names) > 0 for names in applied].count(True) == 1


async def test_a_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("CREATE TABLE checks (in_the_way integer)")
    with pytest.raises(psycopg.errors.DuplicateTable):
        await migrate(database_url)
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        cursor = await connection.execute("SELECT version FROM schema_migrations ORDER BY version")
        assert await cursor.fetchall() == [(1,)]
        cursor = await connection.execute("SELECT to_regclass('probes')")
        assert await cursor.fetchone() == (None,)
        await connection.execute("DROP TABLE checks")
    assert (await migrate(database_url))[0].startswith("0002")


async def test_a_database_that_does_not_answer_is_told_as_such() -> None:
    with pytest.raises(Unavailable):
        await migrate("postgresql://127.0.0.1:1/none")
