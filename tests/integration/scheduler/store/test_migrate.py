import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg.rows import TupleRow

from outscope.errors import Unavailable
from services.scheduler.store import migrate as migrating
from services.scheduler.store.migrate import migrate, statements_of
from tests.integration.scheduler.driving import stop


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


OUTSIDE_FILE = f"""{migrating.OUTSIDE}
-- A comment; with a semicolon.
DROP INDEX CONCURRENTLY IF EXISTS checks_again;
CREATE INDEX CONCURRENTLY checks_again ON checks (fqdn);
ALTER TABLE checks ADD COLUMN IF NOT EXISTS later integer;
"""


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[psycopg.AsyncConnection[TupleRow]]:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


def one_more(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    known = migrating.migrations()
    monkeypatch.setattr(migrating, "migrations", lambda: [*known, (9999, "9999_later.sql", text)])
    monkeypatch.setattr(migrating, "_PAUSE_S", 0.1)


async def waits(url: str) -> list[float]:
    """Return for how long each session has waited for a lock on a table, a moment ago."""
    async with connected(url) as connection:
        cursor = await connection.execute(
            "SELECT extract(epoch FROM clock_timestamp() - waitstart)::float8 FROM pg_locks"
            " WHERE NOT granted AND waitstart IS NOT NULL AND locktype = 'relation'"
        )
        seen_s = [seconds for (seconds,) in await cursor.fetchall()]
    await asyncio.sleep(0.05)
    return seen_s


@pytest.mark.parametrize(
    "text", ["ALTER TABLE checks ADD COLUMN later integer;", OUTSIDE_FILE], ids=["whole", "apart"]
)
async def test_a_migration_lets_others_pass_while_its_table_is_in_use(
    database_url: str, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    await migrate(database_url)
    one_more(monkeypatch, text)
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_S", 0.3)
    reads: list[None] = []

    async def read() -> None:
        async with connected(database_url) as reader:
            while True:
                await reader.execute("SELECT FROM checks")
                reads.append(None)

    async with connected(database_url) as busy:
        async with busy.transaction():
            await busy.execute("SELECT FROM checks")  # in the way of whoever alters the table
            applying = asyncio.create_task(migrate(database_url))
            reading = asyncio.create_task(read())
            seen_s = [seconds for _ in range(40) for seconds in await waits(database_url)]
            await stop(reading)
            assert not applying.done()
        assert await applying == ["9999_later.sql"]
    assert seen_s
    assert max(seen_s) < 0.3 + 1.0
    assert len(reads) > 10


async def test_a_migration_that_finds_no_time_is_told_as_such(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database_url)
    one_more(monkeypatch, "ALTER TABLE checks ADD COLUMN later integer;")
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT_S", 0.2)
    monkeypatch.setattr(migrating, "_TRIES", 2)
    async with connected(database_url) as busy, busy.transaction():
        await busy.execute("SELECT FROM checks")
        with pytest.raises(Unavailable, match="others use its table"):
            await migrate(database_url)


async def test_an_index_that_was_cut_off_is_built_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database_url)
    one_more(monkeypatch, OUTSIDE_FILE)
    async with connected(database_url) as other:
        async with connected(database_url) as busy, busy.transaction():
            await busy.execute("INSERT INTO schema_migrations VALUES (9998, 'in the way')")
            await busy.execute("LOCK TABLE checks IN ROW EXCLUSIVE MODE")
            applying = asyncio.create_task(migrate(database_url))
            found: list[tuple[bool]] = []
            while found != [(False,)]:  # the index is there, and waits for busy
                await asyncio.sleep(0.05)
                cursor = await other.execute(
                    "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('checks_again')"
                )
                found = await cursor.fetchall()
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND datname = current_database()"
            )
            with pytest.raises(Unavailable):
                await applying
        assert (await migrate(database_url)) == ["9999_later.sql"]
        cursor = await other.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'checks_again'::regclass"
        )
        assert await cursor.fetchall() == [(True,)]


async def test_schedulers_take_turns_at_an_index_that_is_built_concurrently(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrate(database_url)
    one_more(monkeypatch, OUTSIDE_FILE)
    applied = await asyncio.gather(*(migrate(database_url) for _ in range(4)))
    assert sorted(applied) == [[], [], [], ["9999_later.sql"]]


def test_statements_are_told_apart_without_their_comments() -> None:
    assert statements_of("-- a; b\nSELECT 1; SELECT\n 2 -- c;\n;\n") == ["SELECT 1", "SELECT\n 2"]


async def test_vacuum_comes_after_a_number_of_rows_however_large_a_table_is(
    database_url: str,
) -> None:
    await migrate(database_url)
    async with connected(database_url) as connection:
        cursor = await connection.execute(
            "SELECT relname, reloptions FROM pg_class WHERE relname = ANY(%s)",
            (["checks", "probes", "webhook_deliveries", "content_samples", "kept_facts"],),
        )
        options = {name: set(told) for name, told in await cursor.fetchall()}
    assert len(options) == 5
    assert all("autovacuum_vacuum_scale_factor=0" in told for told in options.values())
    # Partial indexes that every sweep walks over are cleaned whatever share of a table is dead.
    swept = {name for name, told in options.items() if "vacuum_index_cleanup=on" in told}
    assert swept == {"probes", "webhook_deliveries"}
