from datetime import UTC, datetime, timedelta

from services.scheduler.domain.secret_access import Access
from services.scheduler.store.database import Database
from services.scheduler.store.webhook_secrets import (
    count_old_secrets,
    delete_old_secrets,
    find_secret,
    find_signing_key,
    keep_old_secret,
    list_accesses,
    note_access,
    replace_secret,
)
from services.scheduler.store.webhooks import delete_webhook
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.store.test_webhooks import add


async def test_what_signs_is_found_by_its_account_until_it_is_deleted(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await rows(database, "UPDATE webhooks SET signing_key = 'whsk_x'")
    async with database.session() as connection:
        assert await find_secret(connection, "whk_1", account_id="acc_a") == "whsec_x"
        assert await find_signing_key(connection, "whk_1", account_id="acc_a") == ("whsk_x",)
        assert await find_secret(connection, "whk_1", account_id="acc_b") is None
        assert await find_signing_key(connection, "whk_1", account_id="acc_b") is None
        await delete_webhook(connection, "whk_1", account_id="acc_a")
        assert await find_secret(connection, "whk_1", account_id="acc_a") is None
        assert await find_signing_key(connection, "whk_1", account_id="acc_a") is None


async def test_a_replaced_secret_signs_until_it_ends_and_is_then_forgotten(
    database: Database,
) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    async with database.transaction() as connection:
        for webhook_id in ("whk_1", "whk_2"):
            until = await keep_old_secret(connection, webhook_id, hours=2)
            await replace_secret(connection, webhook_id, "whsec_new")
        assert await find_secret(connection, "whk_1", account_id="acc_a") == "whsec_new"
        assert await count_old_secrets(connection, "whk_1") == 1
    left = until - datetime.now(UTC)
    assert timedelta(hours=1.9) < left <= timedelta(hours=2)
    await rows(
        database, "UPDATE webhook_old_secrets SET signs_until = now() WHERE webhook_id = 'whk_1'"
    )
    async with database.session() as connection:
        assert await count_old_secrets(connection, "whk_1") == 0
    assert await rows(database, "SELECT webhook_id, secret FROM webhook_old_secrets") == [
        ("whk_2", "whsec_x")
    ]
    async with database.session() as connection:
        await delete_old_secrets(connection, "whk_2")
        assert await count_old_secrets(connection, "whk_2") == 0


async def test_accesses_are_listed_latest_first_those_of_one_webhook(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    asked = [("whk_1", "key_1", Access.ROTATED), ("whk_2", "key_2", Access.READ)]
    asked += [("whk_1", "key_3", Access.READ)] * 2
    async with database.session() as connection:
        for webhook_id, key_id, action in asked:
            await note_access(
                connection, webhook_id, account_id="acc_a", key_id=key_id, action=action
            )
        listed = await list_accesses(connection, "whk_1", limit=5)
        latest = await list_accesses(connection, "whk_1", limit=1)
    assert [(each.action, each.key_id) for each in listed] == [
        (Access.READ, "key_3"),
        (Access.READ, "key_3"),
        (Access.ROTATED, "key_1"),
    ]
    assert latest == listed[:1]
