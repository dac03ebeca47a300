from services.scheduler.domain.webhook import Subscriber
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import disable_webhooks, find_subscribers, insert_webhook


async def add(database: Database, webhook_id: str, account_id: str, *events: str) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url="https://a.example/",
            events=events,
            secret="whsec_x",
        )


async def test_the_webhooks_of_the_accounts_asked_for_are_found(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    await add(database, "whk_2", "acc_a", "check.completed", "check.failed")
    await add(database, "whk_3", "acc_b", "check.failed")
    async with database.session() as connection:
        found = await find_subscribers(connection, {"acc_a", "acc_none"})
    assert found == [
        Subscriber(webhook_id="whk_1", account_id="acc_a", events=("check.completed",)),
        Subscriber(
            webhook_id="whk_2", account_id="acc_a", events=("check.completed", "check.failed")
        ),
    ]


async def test_a_disabled_webhook_gets_nothing(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    async with database.session() as connection:
        await disable_webhooks(connection, {"whk_1"}, "endpoint_gone")
        assert await find_subscribers(connection, {"acc_a"}) == []
