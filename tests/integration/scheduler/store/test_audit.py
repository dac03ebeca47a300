import psycopg
import pytest

from outscope.errors import Unavailable
from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.audit import broken_rows, snapshot
from services.scheduler.store.database import Database
from tests.backends import create_database, drop_database
from tests.integration.scheduler.driving import new_check, rows, store


async def test_an_audit_can_write_nothing(database_url: str) -> None:
    async with snapshot(database_url) as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await connection.execute("DELETE FROM checks")


async def test_all_statements_see_one_moment(database: Database, database_url: str) -> None:
    check = new_check()
    await store(database, check)
    async with snapshot(database_url) as connection:
        assert await broken_rows(connection, grace_s=0) == []
        await rows(database, "DELETE FROM probes")
        assert await broken_rows(connection, grace_s=0) == []
    async with snapshot(database_url) as connection:
        (found,) = await broken_rows(connection, grace_s=0)
    assert (found.name, found.ids) == (InvariantName.CHECK_HAS_WORK, (check.id,))


async def test_of_many_broken_rows_all_are_counted_and_some_are_named(
    database: Database, database_url: str
) -> None:
    await store(database, *(new_check() for _ in range(1200)))
    await rows(database, "DELETE FROM probes")
    async with snapshot(database_url) as connection:
        (found,) = await broken_rows(connection, grace_s=0)
    assert (found.count, len(found.ids)) == (1200, 1000)


async def test_tables_that_are_missing_are_told_with_what_to_do(
    postgres_server: str,
) -> None:
    url = create_database(postgres_server, "without_tables")
    try:
        with pytest.raises(Unavailable, match=r"run python -m services\.scheduler migrate"):
            async with snapshot(url) as connection:
                await broken_rows(connection, grace_s=0)
    finally:
        drop_database(postgres_server, "without_tables")
