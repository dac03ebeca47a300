from outscope.errors import IdempotencyConflict
from services.scheduler.domain.idempotency import KeyedRequest
from services.scheduler.loops.keyed import Replay, Turn, standings_of
from services.scheduler.store.database import Database
from services.scheduler.store.idempotency import keep_answers


def keyed(key: str, fingerprint: bytes) -> KeyedRequest:
    return KeyedRequest(account_id="acc_a", operation="Create", key=key, fingerprint=fingerprint)


async def test_the_first_of_a_group_has_the_key_and_the_others_are_held_back(
    database: Database,
) -> None:
    group = [keyed("a", b"1"), None, keyed("a", b"2"), keyed("b", b"1"), keyed("a", b"1")]
    async with database.transaction() as connection:
        standings = await standings_of(connection, group)
        assert standings == [
            Turn.FRESH,
            Turn.FRESH,
            Turn.HELD_BACK,
            Turn.FRESH,
            Turn.HELD_BACK,
        ]
        await keep_answers(
            connection, {keyed("a", b"1").name: b"made a", keyed("b", b"1").name: b"made b"}
        )
    async with database.transaction() as connection:
        again = await standings_of(connection, group)
    assert again[0] == again[4] == Replay(answer=b"made a")
    assert again[1] is Turn.FRESH
    assert isinstance(again[2], IdempotencyConflict)
    assert again[3] == Replay(answer=b"made b")
