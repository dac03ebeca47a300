from services.scheduler.domain.dead_letter import DeadLetterKind, LostCheck, UnusableMessage
from services.scheduler.store.database import Database
from services.scheduler.store.dead_letters import (
    delete_dead_letter,
    delete_old_messages,
    find_order,
    insert_lost_checks,
    insert_unusable_message,
    list_dead_letters,
    lock_dead_letter,
    mark_replayed,
)
from tests.integration.scheduler.driving import new_check, store


async def test_a_check_is_set_aside_with_its_vantage_point(database: Database) -> None:
    check = new_check(vantage_point="mars-1")
    await store(database, check)
    async with database.transaction() as connection:
        await insert_lost_checks(
            connection, [LostCheck(id="dlt_1", check_id=check.id, reason="1. silent")]
        )
        letter = await lock_dead_letter(connection, "dlt_1")
        assert letter is not None
        assert (letter.kind, letter.check_id) == (DeadLetterKind.CHECK, check.id)
        assert (letter.vantage_point, letter.reason) == ("mars-1", "1. silent")
        assert (letter.subject, letter.payload, letter.replayed_at) == (None, None, None)
        assert await lock_dead_letter(connection, "dlt_2") is None
        assert await find_order(connection, check.id) == ("acc_a", "", check.spec)
        assert await find_order(connection, "chk_none") is None


async def test_what_was_replayed_is_listed_on_demand_only(database: Database) -> None:
    message = UnusableMessage(subject="reports", payload=b"x", reason="")
    async with database.session() as connection:
        for number in (1, 2):
            await insert_unusable_message(connection, f"dlt_{number}", message)
        await mark_replayed(connection, "dlt_1", "chk_new")
        left = await list_dead_letters(connection, with_replayed=False, limit=10)
        every = await list_dead_letters(connection, with_replayed=True, limit=10)
        assert await list_dead_letters(connection, with_replayed=True, limit=1) == every[:1]
    assert [each.id for each in left] == ["dlt_2"]
    assert [(each.id, each.replayed_as) for each in every] == [
        ("dlt_1", "chk_new"),
        ("dlt_2", None),
    ]


async def test_deleting_tells_whether_there_was_anything(database: Database) -> None:
    message = UnusableMessage(subject="reports", payload=b"x", reason="")
    async with database.session() as connection:
        await insert_unusable_message(connection, "dlt_1", message)
        assert await delete_old_messages(connection, kept_s=60, limit=10) == 0
        assert await delete_dead_letter(connection, "dlt_1")
        assert not await delete_dead_letter(connection, "dlt_1")
        await insert_unusable_message(connection, "dlt_2", message)
        assert await delete_old_messages(connection, kept_s=-1, limit=10) == 1
