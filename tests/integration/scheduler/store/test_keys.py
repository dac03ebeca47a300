from datetime import timedelta

import psycopg
import pytest

from outscope.clock import utc_now
from services.scheduler.domain.api_key import ApiKey, Caller, KeyTerms
from services.scheduler.store.database import Database
from services.scheduler.store.keys import (
    account_exists,
    find_caller,
    insert_account,
    insert_key,
    list_keys,
    note_use,
    revoke_key,
)
from tests.integration.scheduler.driving import rows


async def add(database: Database, number: int, *, expires_in_s: float | None = None) -> ApiKey:
    expires_at = utc_now() + timedelta(seconds=expires_in_s) if expires_in_s is not None else None
    async with database.session() as connection:
        if not await account_exists(connection, "acc_1"):
            await insert_account(connection, "acc_1", "first")
        return await insert_key(
            connection,
            key_id=f"key_{number}",
            account_id="acc_1",
            key_hash=b"%d" % number,
            terms=KeyTerms(name="ci", expires_at=expires_at, rate_limit=number),
        )


async def caller(database: Database, number: int) -> Caller | None:
    async with database.session() as connection:
        return await find_caller(connection, b"%d" % number)


async def test_a_key_stands_for_its_account(database: Database) -> None:
    await add(database, 5)
    assert await caller(database, 5) == Caller(account_id="acc_1", key_id="key_5", rate_limit=5)
    assert await caller(database, 6) is None


async def test_an_expired_key_stands_for_nobody(database: Database) -> None:
    await add(database, 1, expires_in_s=60)
    await add(database, 2, expires_in_s=-1)
    assert await caller(database, 1) is not None
    assert await caller(database, 2) is None


async def test_a_revoked_key_stands_for_nobody_and_stays_revoked(database: Database) -> None:
    await add(database, 1)
    async with database.session() as connection:
        first = await revoke_key(connection, "key_1")
        second = await revoke_key(connection, "key_1")
        assert await revoke_key(connection, "key_none") is None
    assert first is not None
    assert first.revoked_at is not None
    assert second == first
    assert await caller(database, 1) is None


async def test_a_hash_belongs_to_one_key(database: Database) -> None:
    await add(database, 1)
    async with database.session() as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            await insert_key(
                connection,
                key_id="key_other",
                account_id="acc_1",
                key_hash=b"1",
                terms=KeyTerms(name="x", expires_at=None, rate_limit=None),
            )


async def test_keys_are_listed_by_account_oldest_first(database: Database) -> None:
    first, second = await add(database, 1), await add(database, 2)
    async with database.session() as connection:
        assert await list_keys(connection, account_id="acc_1") == [first, second]
        assert await list_keys(connection, account_id=None) == [first, second]
        assert await list_keys(connection, account_id="acc_2") == []


async def test_the_last_use_is_noted_at_most_once_a_minute(database: Database) -> None:
    await add(database, 1)
    async with database.session() as connection:
        await note_use(connection, ["key_1", "key_none"])
    ((noted,),) = await rows(database, "SELECT last_used_at FROM api_keys")
    assert noted is not None
    async with database.session() as connection:
        await note_use(connection, ["key_1"])
    assert await rows(database, "SELECT last_used_at FROM api_keys") == [(noted,)]
    await rows(database, "UPDATE api_keys SET last_used_at = now() - interval '2 minutes'")
    async with database.session() as connection:
        await note_use(connection, ["key_1"])
    ((again,),) = await rows(database, "SELECT last_used_at FROM api_keys")
    assert again > noted
