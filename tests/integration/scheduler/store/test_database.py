import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import Postgres
from outscope.config import ConfigError
from outscope.deadline import deadline_in
from outscope.errors import DeadlineExceeded, Overloaded, Unavailable
from services.scheduler.store import database as database_module
from services.scheduler.store.database import Database, StatementTimeout, open_database
from tests.backends import ServerProcess, postgres_process


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[ServerProcess[Postgres]]:
    with postgres_process(tmp_path) as process:
        yield process


async def answer(database: Database) -> int:
    async with database.session() as connection:
        cursor = await connection.execute("SELECT 1")
        ((one,),) = await cursor.fetchall()
        return int(one)


async def insert_and_fail(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("INSERT INTO accounts (id, name) VALUES ('acc_1', 'x')")
        raise ZeroDivisionError


async def sleep_for_long(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL statement_timeout = '50ms'")
        await connection.execute("SELECT pg_sleep(10)")


async def test_a_transaction_is_rolled_back_on_an_error(database_url: str) -> None:
    async with open_database(database_url) as database:
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(database)
        async with database.session() as connection:
            cursor = await connection.execute("SELECT count(*) FROM accounts")
            assert await cursor.fetchone() == (0,)


async def test_an_error_of_ours_is_not_told_as_an_outage(database_url: str) -> None:
    async with open_database(database_url) as database:
        with pytest.raises(psycopg.errors.UndefinedTable):
            async with database.session() as connection:
                await connection.execute("SELECT * FROM nowhere")
        with pytest.raises(psycopg.DataError):
            async with database.session() as connection:
                await connection.execute("SELECT %s", ("a\0b",))


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    async with open_database(database_url) as database:
        async with database.session() as connection:
            cursor = await connection.execute("SHOW statement_timeout")
            assert await cursor.fetchone() == ("8s",)
        with pytest.raises(StatementTimeout):
            await sleep_for_long(database)


async def statement_timeout(database: Database) -> str:
    async with database.session() as connection:
        cursor = await connection.execute("SHOW statement_timeout")
        ((timeout,),) = await cursor.fetchall()
        return str(timeout)


async def test_a_statement_has_the_time_that_its_caller_has(database_url: str) -> None:
    async with open_database(database_url) as database:
        with deadline_in(2.0):
            timeout = await statement_timeout(database)
            async with database.transaction() as connection:
                cursor = await connection.execute("SHOW statement_timeout")
                ((in_transaction,),) = await cursor.fetchall()
        assert timeout.endswith("ms")
        assert 1000 < int(timeout.removesuffix("ms")) <= 2000
        assert in_transaction.endswith("ms")
        # Only theirs: the next one on the connection has its own.
        assert await statement_timeout(database) == "8s"
        with deadline_in(60):
            assert await statement_timeout(database) == "8s"


@pytest.mark.parametrize("is_transaction", [False, True])
async def test_a_statement_ends_at_the_deadline_of_its_caller(
    database_url: str, *, is_transaction: bool
) -> None:
    async def sleep(database: Database) -> None:
        lent = database.transaction if is_transaction else database.session
        async with lent() as connection:
            await connection.execute("SELECT pg_sleep(10)")

    async with open_database(database_url) as database:
        begun_s = time.monotonic()
        with deadline_in(0.3), pytest.raises(DeadlineExceeded):
            await sleep(database)
        assert time.monotonic() - begun_s < 2
        with deadline_in(-0.1), pytest.raises(DeadlineExceeded):
            await sleep(database)
        assert await answer(database) == 1


async def test_what_was_done_before_the_deadline_stays(database_url: str) -> None:
    async with open_database(database_url) as database:
        with deadline_in(5):
            async with database.session() as connection:
                await connection.execute("INSERT INTO accounts (id, name) VALUES ('acc_1', 'x')")
                await connection.execute("INSERT INTO accounts (id, name) VALUES ('acc_2', 'x')")
        async with database.session() as connection:
            cursor = await connection.execute("SELECT count(*) FROM accounts")
            assert await cursor.fetchone() == (2,)


async def test_no_connection_in_time_is_the_caller_s_deadline(database_url: str) -> None:
    async with open_database(database_url, patience_s=5) as database, asyncio.TaskGroup() as group:
        held = [group.create_task(_hold(database, 1.0)) for _ in range(12)]
        await asyncio.sleep(0.3)
        with deadline_in(0.2), pytest.raises(DeadlineExceeded):
            await answer(database)
        await asyncio.gather(*held)


async def _hold(database: Database, for_s: float) -> None:
    async with database.session():
        await asyncio.sleep(for_s)


async def test_a_statement_of_who_hung_up_is_ended(database_url: str) -> None:
    async def running(database: Database) -> bool:
        async with database.session() as connection:
            cursor = await connection.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'"
            )
            return await cursor.fetchone() != (0,)

    async with open_database(database_url) as database:
        asking = asyncio.create_task(_sleep_in_postgres(database))
        async with asyncio.timeout(5):
            while not await running(database):
                await asyncio.sleep(0.01)
        asking.cancel()
        await asyncio.wait({asking})
        assert asking.cancelled()
        assert not await running(database)


async def _sleep_in_postgres(database: Database) -> None:
    async with database.session() as connection:
        await connection.execute("SELECT pg_sleep(7)")


async def test_calls_fail_as_unavailable_while_postgres_is_away_and_work_when_it_is_back(
    own_postgres: ServerProcess[Postgres],
) -> None:
    async with open_database(own_postgres.server.url("postgres"), patience_s=1) as database:
        await asyncio.gather(*(answer(database) for _ in range(12)))
        own_postgres.kill()
        assert not await database.answers()
        with pytest.raises(Unavailable) as away:
            await answer(database)
        assert not isinstance(away.value, StatementTimeout)
        own_postgres.start()
        async with asyncio.timeout(5):
            while not await database.answers():
                await asyncio.sleep(0.05)
        assert await asyncio.gather(*(answer(database) for _ in range(24))) == [1] * 24


async def test_a_restart_that_nobody_noticed_costs_no_call(
    own_postgres: ServerProcess[Postgres],
) -> None:
    async with open_database(own_postgres.server.url("postgres"), patience_s=1) as database:
        await asyncio.gather(*(answer(database) for _ in range(12)))
        own_postgres.kill()
        own_postgres.start()
        async with asyncio.timeout(5):
            assert await asyncio.gather(*(answer(database) for _ in range(24))) == [1] * 24


async def test_a_url_that_is_none_is_told_at_start() -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        async with open_database("mysql://x"):
            pass


async def test_whoever_comes_when_the_line_stands_still_is_told_so_at_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "STANDS_STILL_S", 0.3)
    async with open_database(database_url, connections=2) as database:

        async def hold() -> None:
            async with database.session() as connection:
                await connection.execute("SELECT pg_sleep(1)")

        holding = [asyncio.create_task(hold()) for _ in range(2)]
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(answer(database))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        in_line = asyncio.create_task(answer(database))  # it moves, for all that is known
        await asyncio.sleep(0.3)
        with pytest.raises(Overloaded):
            async with asyncio.timeout(0.1):
                await answer(database)
        await asyncio.gather(*holding)
        assert (await waiting, await in_line) == (1, 1)
        assert await answer(database) == 1


async def test_the_line_has_a_bound(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_MAX_WAITING", 3)
    async with open_database(database_url, connections=2) as database:
        async with database.session():
            outcomes = await asyncio.gather(
                *(answer(database) for _ in range(10)), return_exceptions=True
            )
        assert {type(each) for each in outcomes} == {int, Overloaded}
        assert await answer(database) == 1
