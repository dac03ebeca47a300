import asyncio

from services.scheduler.store.database import Database
from services.scheduler.store.kept import (
    Judged,
    NewKept,
    delete_expired_kept,
    find_judged,
    insert_kept,
    replace_result,
)
from tests.integration.scheduler.driving import new_check, rows, store


def kept(check_id: str, *, days: int = 7, facts: bytes = b"\x78\x01\x00\xff") -> NewKept:
    return NewKept(check_id=check_id, probe_id="prb_1", kept=facts, retention_days=days)


async def keep(database: Database, *facts: NewKept) -> None:
    async with database.session() as connection:
        await insert_kept(connection, facts)


async def a_completed_check(database: Database, facts: bytes, *, days: int = 7) -> str:
    """Store a check whose result is its id, and its facts."""
    check = new_check()
    await store(database, check)
    await rows(
        database,
        "UPDATE probes SET state = 'completed', result = check_id::bytea WHERE check_id = %s",
        check.id,
    )
    await keep(
        database,
        NewKept(check_id=check.id, probe_id=check.probe_id, kept=facts, retention_days=days),
    )
    return check.id


async def found(database: Database, check_id: str) -> Judged:
    async with database.session() as connection:
        judged = await find_judged(connection, check_id)
    (one,) = judged
    return one


async def replaced(database: Database, judged: Judged, result: bytes) -> bool:
    async with database.session() as connection:
        return await replace_result(connection, judged, result) is not None


async def test_facts_are_kept_for_their_days_and_found_by_their_check(database: Database) -> None:
    one = await a_completed_check(database, b"\x00one")
    two = await a_completed_check(database, b"two", days=30)
    judged = await found(database, one)
    assert (judged.result, judged.kept) == (one.encode(), b"\x00one")
    assert (await found(database, two)).kept == b"two"
    days = "SELECT check_id, round(extract(epoch FROM expires_at - now()) / 86400) FROM kept_facts"
    assert sorted(await rows(database, days)) == sorted([(one, 7), (two, 30)])


async def test_of_a_check_that_has_not_completed_nothing_is_found(database: Database) -> None:
    check = new_check()
    await store(database, check)
    async with database.session() as connection:
        assert await find_judged(connection, check.id) == []
        assert await find_judged(connection, "chk_3") == []


async def test_facts_told_twice_are_kept_once_as_they_were_told_first(database: Database) -> None:
    await keep(database, kept("chk_1", facts=b"first"))
    await keep(database, kept("chk_1", facts=b"second"))
    assert await rows(database, "SELECT kept FROM kept_facts") == [(b"first",)]


async def test_what_has_expired_is_neither_found_nor_kept(database: Database) -> None:
    check_id = await a_completed_check(database, b"facts")
    await keep(database, *(kept(f"chk_{n}") for n in range(9)), kept("chk_kept"))
    await rows(database, "UPDATE kept_facts SET expires_at = now() WHERE check_id <> 'chk_kept'")
    judged = await found(database, check_id)
    assert (judged.result, judged.kept) == (check_id.encode(), None)
    async with database.session() as connection:
        assert await delete_expired_kept(connection, limit=6) == 6
        assert await delete_expired_kept(connection, limit=6) == 4
        assert await delete_expired_kept(connection, limit=6) == 0
    assert await rows(database, "SELECT check_id FROM kept_facts") == [("chk_kept",)]


async def test_a_result_is_replaced_once_by_those_who_judged_it_at_the_same_time(
    database: Database,
) -> None:
    check_id = await a_completed_check(database, b"facts")
    judged = await found(database, check_id)
    outcomes = await asyncio.gather(
        *(replaced(database, judged, f"verdict {n}".encode()) for n in range(8))
    )
    assert sum(outcomes) == 1
    winner = f"verdict {outcomes.index(True)}".encode()
    assert (await found(database, check_id)).result == winner
    times = "SELECT rejudged_at BETWEEN created_at AND now() FROM checks"
    assert await rows(database, times) == [(True,)]


async def test_a_result_that_is_no_longer_there_is_not_replaced(database: Database) -> None:
    check_id = await a_completed_check(database, b"facts")
    judged = await found(database, check_id)
    assert await replaced(database, judged, b"newer")
    assert not await replaced(database, judged, b"older")
    assert (await found(database, check_id)).result == b"newer"
