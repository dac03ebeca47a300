"""Old deliveries are deleted with their attempts, and what is under way stays."""

from datetime import UTC, datetime, timedelta

from outscope.ids import DELIVERY_PREFIX, new_id
from services.scheduler.domain.delivery import DeliveryState, NewDelivery
from services.scheduler.loops.purge import Purge
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def delivery(days: int, state: DeliveryState) -> NewDelivery:
    at = NOW - timedelta(days=days)
    return NewDelivery(
        id=new_id(DELIVERY_PREFIX, int(at.timestamp() * 1000)),
        webhook_id="whk_1",
        check_id=f"chk_{days}_{state}",
        event_type="check.completed",
        message_id=f"msg_{days}_{state}",
        state=state,
    )


async def purge(database: Database, days: int) -> None:
    assert not await Purge(database, webhook_days=days, clock=lambda: NOW).purge()


async def test_old_deliveries_go_and_what_is_under_way_stays(database: Database) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id="whk_1",
            account_id="acc_a",
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )
        deliveries = [delivery(days, state) for days in (31, 29) for state in DeliveryState]
        await insert_deliveries(connection, deliveries, grace_s=60)
    await rows(
        database,
        "INSERT INTO delivery_attempts SELECT id, 1, now(), 5, 200, '' FROM webhook_deliveries",
    )
    await purge(database, 0)
    assert await rows(database, "SELECT count(*) FROM delivery_attempts") == [(10,)]
    await purge(database, 30)
    left = await rows(
        database,
        "SELECT check_id FROM webhook_deliveries JOIN delivery_attempts ON delivery_id = id",
    )
    assert {each for (each,) in left} == {
        "chk_31_waiting",
        "chk_31_published",
        *(f"chk_29_{state}" for state in DeliveryState),
    }
    assert await rows(database, "SELECT count(*) FROM delivery_attempts") == [(7,)]
    assert await rows(database, "SELECT forgotten_until IS NOT NULL FROM webhooks") == [(True,)]
