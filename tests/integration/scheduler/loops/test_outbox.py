"""Deliveries of events: who gets one, and under which number."""

from services.scheduler.domain.subscription import Event
from services.scheduler.loops.outbox import store_events
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows


async def add(database: Database, webhook_id: str, *events: str, account_id: str = "acc_a") -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url="https://a.example/",
            events=events,
            secret="whsec_x",
        )


def ended(number: int, event_type: str = "check.completed", fqdn: str = "a.example") -> Event:
    return Event(
        account_id="acc_a",
        type=event_type,
        subject_id=f"chk_{number}",
        fqdn=fqdn,
        vantage_points=("eu-west-1",),
    )


async def tell(database: Database, *events: Event) -> None:
    async with database.transaction() as connection:
        await store_events(connection, events, unix_ms=1)


async def numbered(database: Database) -> list[tuple[object, ...]]:
    return await rows(
        database,
        "SELECT webhook_id, check_id, sequence_number FROM webhook_deliveries"
        " ORDER BY webhook_id, sequence_number",
    )


async def test_deliveries_of_a_webhook_are_numbered_in_the_order_of_events(
    database: Database,
) -> None:
    await add(database, "whk_all", "*")
    await add(database, "whk_failed", "check.failed")
    await tell(database, ended(1), ended(2, "check.failed"), ended(3))
    await tell(database, ended(4, "check.failed"))
    assert await numbered(database) == [
        *(("whk_all", f"chk_{number}", number) for number in (1, 2, 3, 4)),
        ("whk_failed", "chk_2", 1),
        ("whk_failed", "chk_4", 2),
    ]


async def test_filters_choose_whose_checks_are_told(database: Database) -> None:
    await add(database, "whk_named", "check.*")
    await add(database, "whk_place", "check.*")
    await add(database, "whk_other", "check.*", account_id="acc_b")
    await rows(database, "UPDATE webhooks SET fqdn = '*.b.example' WHERE id = 'whk_named'")
    await rows(
        database, "UPDATE webhooks SET vantage_points = '{us-east-1}' WHERE id = 'whk_place'"
    )
    await tell(database, ended(1), ended(2, fqdn="www.b.example"))
    assert await numbered(database) == [("whk_named", "chk_2", 1)]


async def test_an_event_that_is_not_of_a_check_keeps_what_it_tells(database: Database) -> None:
    await add(database, "whk_about", "*")
    await add(database, "whk_1", "webhook.*")
    await tell(
        database,
        Event(
            account_id="acc_a",
            type="webhook.disabled",
            subject_id="evt_1",
            detail='{"a": "b"}',
            about="whk_about",
        ),
    )
    assert await rows(
        database, "SELECT webhook_id, check_id, event_type, detail FROM webhook_deliveries"
    ) == [("whk_1", "evt_1", "webhook.disabled", {"a": "b"})]
