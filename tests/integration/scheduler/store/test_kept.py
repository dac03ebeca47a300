from services.scheduler.store.database import Database
from services.scheduler.store.kept import NewKept, delete_expired_kept, find_kept, insert_kept
from tests.integration.scheduler.driving import rows


def kept(check_id: str, *, days: int = 7, facts: bytes = b"\x78\x01\x00\xff") -> NewKept:
    return NewKept(check_id=check_id, probe_id="prb_1", kept=facts, retention_days=days)


async def keep(database: Database, *facts: NewKept) -> None:
    async with database.session() as connection:
        await insert_kept(connection, facts)


async def found(database: Database, check_id: str) -> bytes | None:
    async with database.session() as connection:
        return await find_kept(connection, check_id)


async def test_facts_are_kept_for_their_days_and_found_by_their_check(database: Database) -> None:
    await keep(database, kept("chk_1", facts=b"\x00one"), kept("chk_2", days=30, facts=b"two"))
    assert await found(database, "chk_1") == b"\x00one"
    assert await found(database, "chk_2") == b"two"
    assert await found(database, "chk_3") is None
    days = "SELECT check_id, round(extract(epoch FROM expires_at - now()) / 86400) FROM kept_facts"
    assert sorted(await rows(database, days)) == [("chk_1", 7), ("chk_2", 30)]


async def test_facts_told_twice_are_kept_once_as_they_were_told_first(database: Database) -> None:
    await keep(database, kept("chk_1", facts=b"first"))
    await keep(database, kept("chk_1", facts=b"second"))
    assert await found(database, "chk_1") == b"first"


async def test_what_has_expired_is_neither_found_nor_kept(database: Database) -> None:
    await keep(database, *(kept(f"chk_{n}") for n in range(10)), kept("chk_kept"))
    await rows(database, "UPDATE kept_facts SET expires_at = now() WHERE check_id <> 'chk_kept'")
    assert await found(database, "chk_3") is None
    async with database.session() as connection:
        assert await delete_expired_kept(connection, limit=6) == 6
        assert await delete_expired_kept(connection, limit=6) == 4
        assert await delete_expired_kept(connection, limit=6) == 0
    assert await rows(database, "SELECT check_id FROM kept_facts") == [("chk_kept",)]
