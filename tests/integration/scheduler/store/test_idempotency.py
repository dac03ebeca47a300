import asyncio

import pytest

from services.scheduler.domain.idempotency import KEPT_S, KeptAnswer, KeyedRequest
from services.scheduler.store.database import Database
from services.scheduler.store.idempotency import (
    claim_keys,
    delete_expired_keys,
    find_answer,
    keep_answers,
    release_keys,
)
from tests.integration.scheduler.driving import rows


def keyed(key: str, fingerprint: bytes = b"print") -> KeyedRequest:
    return KeyedRequest(
        account_id="acc_a", operation="CreateCheck", key=key, fingerprint=fingerprint
    )


async def answer(database: Database, key: str, told: bytes = b"told") -> None:
    async with database.transaction() as connection:
        assert await claim_keys(connection, [keyed(key)]) == {}
        await keep_answers(connection, {keyed(key).name: told})


async def made_older(database: Database, key: str) -> None:
    await rows(
        database,
        "UPDATE idempotency_keys SET created_at = now() - interval '24 hours' WHERE key = %s",
        key,
    )


async def test_a_key_that_was_answered_is_found_and_not_claimed_again(database: Database) -> None:
    await answer(database, "a")
    kept = KeptAnswer(fingerprint=b"print", answer=b"told")
    async with database.transaction() as connection:
        known = await claim_keys(connection, [keyed("b"), keyed("a", b"other")])
        assert known == {keyed("a").name: kept}
        await release_keys(connection, [keyed("b").name])
    async with database.session() as connection:
        assert await find_answer(connection, keyed("a")) == kept
        assert await find_answer(connection, keyed("b")) is None


async def test_a_transaction_that_is_rolled_back_leaves_no_key(database: Database) -> None:
    async def claim_and_fail() -> None:
        async with database.transaction() as connection:
            await claim_keys(connection, [keyed("a")])
            raise KeyError

    with pytest.raises(KeyError):
        await claim_and_fail()
    assert await rows(database, "SELECT * FROM idempotency_keys") == []


async def test_who_claims_second_waits_and_finds_the_answer(database: Database) -> None:
    has_claimed, may_end = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with database.transaction() as connection:
            await claim_keys(connection, [keyed("a")])
            has_claimed.set()
            await may_end.wait()
            await keep_answers(connection, {keyed("a").name: b"first"})

    async def second() -> dict[tuple[str, str, str], KeptAnswer]:
        await has_claimed.wait()
        async with database.transaction() as connection:
            return await claim_keys(connection, [keyed("a")])

    claiming = asyncio.create_task(first())
    waiting = asyncio.create_task(second())
    await asyncio.wait({waiting}, timeout=0.3)
    assert not waiting.done()
    may_end.set()
    await claiming
    assert (await waiting)[keyed("a").name].answer == b"first"


async def test_many_keys_claimed_in_any_order_wait_for_nobody_in_a_circle(
    database: Database,
) -> None:
    requests = [keyed(f"k{number}") for number in range(50)]

    async def claim(*, backwards: bool) -> int:
        async with database.transaction() as connection:
            known = await claim_keys(connection, requests[:: -1 if backwards else 1])
            fresh = [request for request in requests if request.name not in known]
            await keep_answers(connection, {request.name: b"x" for request in fresh})
            return len(fresh)

    claimed = await asyncio.gather(*(claim(backwards=bool(n % 2)) for n in range(10)))
    assert sorted(claimed) == [0] * 9 + [50]


async def test_a_key_is_free_again_after_its_time_and_then_deleted(database: Database) -> None:
    for key in ("kept", "reused", "over"):
        await answer(database, key)
    await made_older(database, "reused")
    await made_older(database, "over")
    async with database.session() as connection:
        assert await find_answer(connection, keyed("reused")) is None
    await answer(database, "reused", b"anew")
    async with database.session() as connection:
        assert await delete_expired_keys(connection, kept_s=KEPT_S, limit=10) == 1
    assert await rows(database, "SELECT key, answer FROM idempotency_keys ORDER BY key") == [
        ("kept", b"told"),
        ("reused", b"anew"),
    ]
