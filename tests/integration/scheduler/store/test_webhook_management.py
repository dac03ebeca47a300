from services.scheduler.domain.webhook import DisabledReason
from services.scheduler.store.database import Database
from services.scheduler.store.webhook_management import (
    change_webhook,
    count_enabled,
    find_webhook,
    list_disabled,
    list_webhooks,
)
from services.scheduler.store.webhooks import delete_webhook, disable_webhooks
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.store.test_webhooks import add


async def ids(database: Database, before_id: str | None = None, limit: int = 10) -> list[str]:
    async with database.session() as connection:
        page = await list_webhooks(connection, account_id="acc_a", before_id=before_id, limit=limit)
    return [each.webhook.id for each in page]


async def test_a_list_begins_after_an_id_and_leaves_out_others_and_deleted_ones(
    database: Database,
) -> None:
    for number in range(1, 6):
        await add(database, f"whk_{number}", "acc_a", "*")
    await add(database, "whk_6", "acc_b", "*")
    async with database.session() as connection:
        await delete_webhook(connection, "whk_3", account_id="acc_a")
        await disable_webhooks(connection, ["whk_4"], DisabledReason.BY_USER)
    assert await ids(database) == ["whk_5", "whk_4", "whk_2", "whk_1"]
    assert await ids(database, "whk_4", 1) == ["whk_2"]


async def test_only_the_webhook_of_the_account_is_changed(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    async with database.session() as connection:
        changed = {"description": "x", "vantage_points": ["eu-west-1"], "fqdn": None}
        assert not await change_webhook(connection, "whk_1", account_id="acc_b", changed=changed)
        assert await change_webhook(connection, "whk_1", account_id="acc_a", changed=changed)
        await delete_webhook(connection, "whk_2", account_id="acc_a")
        assert not await change_webhook(connection, "whk_2", account_id="acc_a", changed=changed)
        found = await find_webhook(connection, "whk_1", account_id="acc_a")
        assert await find_webhook(connection, "whk_1", account_id="acc_b") is None
    assert found is not None
    assert (found.webhook.description, found.webhook.vantage_points) == ("x", ("eu-west-1",))
    assert found.webhook.updated_at is not None
    assert await rows(database, "SELECT id FROM webhooks WHERE description = 'x'") == [("whk_1",)]


async def test_what_is_over_is_not_shown(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await rows(database, "UPDATE webhooks SET slowed_until = now() - interval '1 second'")
    await rows(
        database,
        "INSERT INTO webhook_old_secrets VALUES ('whk_1', 'a', now() - interval '1 second')",
    )
    async with database.session() as connection:
        found = await find_webhook(connection, "whk_1", account_id="acc_a")
    assert found is not None
    assert found.webhook.slowed_until is None
    assert found.webhook.old_secret_signs_until is None


async def test_the_enabled_are_counted_and_the_disabled_listed_the_latest_first(
    database: Database,
) -> None:
    for number in range(1, 5):
        await add(database, f"whk_{number}", "acc_a", "*")
    await add(database, "whk_5", "acc_b", "*")
    async with database.session() as connection:
        for webhook_id in ("whk_5", "whk_3", "whk_1", "whk_2"):
            await disable_webhooks(connection, [webhook_id], DisabledReason.FAILING)
        await delete_webhook(connection, "whk_2", account_id="acc_a")
        assert await count_enabled(connection, "acc_a") == 1
        listed = await list_disabled(connection, "acc_a", limit=5)
        assert [each.id for each in listed] == ["whk_1", "whk_3"]
        assert [each.disabled_reason for each in listed] == ["failing", "failing"]
        assert len(await list_disabled(connection, "acc_a", limit=1)) == 1
