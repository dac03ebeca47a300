"""How long the oldest of what is open has been so, as it is measured."""

from prometheus_client import REGISTRY

from services.scheduler.domain.delivery import NewDelivery
from services.scheduler.loops.ages import Ages
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import new_check, rows, store


def oldest_job_s(vantage_point: str) -> float | None:
    labels = {"vantage_point": vantage_point}
    return REGISTRY.get_sample_value("outscope_oldest_job_seconds", labels)


def oldest_delivery_s() -> float:
    return REGISTRY.get_sample_value("outscope_oldest_delivery_seconds") or 0.0


async def add_deliveries(database: Database, webhook_id: str) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=f"acc_{webhook_id}",
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )
        new = NewDelivery(
            id=f"dlv_{webhook_id}",
            webhook_id=webhook_id,
            check_id="chk_1",
            event_type="check.completed",
            message_id=f"msg_{webhook_id}",
        )
        await insert_deliveries(connection, [new], grace_s=0)


async def age(database: Database, minutes: int, delivery_id: str) -> None:
    await rows(
        database,
        "UPDATE webhook_deliveries SET due_at = now() - %s * interval '1 minute' WHERE id = %s",
        minutes,
        delivery_id,
    )


async def test_the_oldest_job_of_each_vantage_point_is_told_until_there_is_none(
    database: Database,
) -> None:
    waiting, held, later = (new_check(vantage_point=f"aged-{number}") for number in (1, 2, 3))
    await store(database, waiting, held, later)
    aged = "UPDATE probes SET ready_at = now() + %s * interval '1 minute' WHERE id = %s"
    await rows(database, aged, -5, waiting.probe_id)
    await rows(database, aged, -3, held.probe_id)
    await rows(database, aged, 1, later.probe_id)
    await rows(database, "UPDATE probes SET state = 'published' WHERE id = %s", held.probe_id)
    ages = Ages(database)
    await ages.look()
    assert 300 <= (oldest_job_s("aged-1") or 0) < 310
    assert 180 <= (oldest_job_s("aged-2") or 0) < 190
    assert oldest_job_s("aged-3") is None
    await rows(database, "UPDATE probes SET state = 'completed'")
    await ages.look()
    assert [oldest_job_s(name) for name in ("aged-1", "aged-2")] == [0, 0]


async def test_the_oldest_delivery_is_of_an_endpoint_that_is_well(database: Database) -> None:
    for webhook_id in ("whk_well", "whk_failing", "whk_slowed", "whk_off"):
        await add_deliveries(database, webhook_id)
    for webhook_id, change in (
        ("whk_failing", "failing_since = now()"),
        ("whk_slowed", "slowed_until = now() + interval '1 minute'"),
        ("whk_off", "disabled_at = now()"),
    ):
        await rows(database, f"UPDATE webhooks SET {change} WHERE id = '{webhook_id}'")
        await age(database, 60, f"dlv_{webhook_id}")
    await age(database, 2, "dlv_whk_well")
    ages = Ages(database)
    await ages.look()
    assert 120 <= oldest_delivery_s() < 130


async def test_what_notifiers_hold_and_do_not_tell_of_counts(database: Database) -> None:
    await add_deliveries(database, "whk_held")
    ages = Ages(database)
    await rows(
        database,
        "UPDATE webhook_deliveries SET state = 'published', due_at = now() + interval '1 minute',"
        " published_at = now() - interval '4 minutes'",
    )
    await ages.look()
    assert 240 <= oldest_delivery_s() < 250
    await rows(database, "UPDATE webhook_deliveries SET state = 'delivered'")
    await ages.look()
    assert oldest_delivery_s() == 0
