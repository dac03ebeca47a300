import asyncio
from datetime import UTC, datetime

from services.scheduler.domain.delivery import NewDelivery
from services.scheduler.domain.endpoint import Health
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.endpoints import find_endpoints, lock_endpoints, store_health
from services.scheduler.store.webhooks import insert_webhook

AT = datetime(2026, 1, 1, tzinfo=UTC)
BAD = Health(failing_since=AT, last_failure_at=AT, slowed_until=AT)


async def add(database: Database, webhook_id: str, account_id: str) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )


async def test_the_endpoint_of_a_delivery_is_found_and_how_it_does_noted(
    database: Database,
) -> None:
    await add(database, "whk_1", "acc_a")
    async with database.transaction() as connection:
        delivery = NewDelivery(
            id="dlv_1",
            webhook_id="whk_1",
            check_id="chk_1",
            event_type="check.completed",
            message_id="msg_1",
        )
        await insert_deliveries(connection, [delivery], grace_s=0)
        webhooks, found = await find_endpoints(connection, {"dlv_1", "dlv_none"})
        assert webhooks == {"dlv_1": "whk_1"}
        assert (found["whk_1"].account_id, found["whk_1"].health) == ("acc_a", Health())
        await store_health(connection, {"whk_1": BAD})
        _, found = await find_endpoints(connection, {"dlv_1"})
        assert found["whk_1"].health == BAD
        await store_health(connection, {"whk_1": Health()})
        _, found = await find_endpoints(connection, {"dlv_1"})
        assert found["whk_1"].health == Health()


async def test_webhooks_are_locked_by_name_and_with_all_of_their_account(
    database: Database,
) -> None:
    for webhook_id, account_id in (("whk_1", "acc_a"), ("whk_2", "acc_a"), ("whk_3", "acc_b")):
        await add(database, webhook_id, account_id)
    async with database.transaction() as connection:
        assert list(await lock_endpoints(connection, {"whk_1", "whk_none"}, set())) == ["whk_1"]
        assert list(await lock_endpoints(connection, {"whk_1"}, {"acc_a"})) == ["whk_1", "whk_2"]


async def test_two_that_lock_the_same_webhooks_never_wait_for_each_other(
    database: Database,
) -> None:
    for number in range(8):
        await add(database, f"whk_{number}", f"acc_{number % 2}")

    async def lock(number: int) -> None:
        async with database.transaction() as connection:
            named = {f"whk_{(number * 3) % 8}", f"whk_{(number * 5 + 1) % 8}"}
            await lock_endpoints(connection, named, {f"acc_{number % 2}"})
            await store_health(connection, dict.fromkeys(named, BAD))

    await asyncio.gather(*(lock(number) for number in range(12)))
