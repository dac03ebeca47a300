from services.scheduler.store.database import Database
from services.scheduler.store.sealed import (
    SEALED_COLUMNS,
    replace_value,
    stored_values,
    webhook_ids_after,
)
from tests.integration.scheduler.driving import make_key, rows

SECRETS = SEALED_COLUMNS[0]


async def store(database: Database, *webhook_ids: str) -> None:
    _, _, account_id = await make_key(database)
    for webhook_id in webhook_ids:
        await rows(
            database,
            "INSERT INTO webhooks (id, account_id, url, events, secret)"
            " VALUES (%s, %s, 'https://x.test', '{*}', %s)",
            *(webhook_id, account_id, f"secret of {webhook_id}"),
        )


async def test_all_webhooks_are_come_by_in_pages(database: Database) -> None:
    await store(database, "whk_3", "whk_1", "whk_2")
    async with database.session() as connection:
        first = await webhook_ids_after(connection, "", limit=2)
        second = await webhook_ids_after(connection, first[-1], limit=2)
        assert (first, second) == (["whk_1", "whk_2"], ["whk_3"])
        found = await stored_values(connection, SECRETS, second)
        assert found == [("whk_3", "secret of whk_3")]


async def test_a_value_that_was_changed_meanwhile_is_not_written_over(database: Database) -> None:
    await store(database, "whk_1")
    async with database.transaction() as connection:
        assert not await replace_value(
            connection, SECRETS, "whk_1", before="an older one", after="resealed"
        )
        assert await replace_value(
            connection, SECRETS, "whk_1", before="secret of whk_1", after="resealed"
        )
    assert await rows(database, "SELECT secret FROM webhooks") == [("resealed",)]
