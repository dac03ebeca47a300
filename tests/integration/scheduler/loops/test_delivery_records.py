"""What attempts say of an endpoint, and what follows for its webhook."""

import random
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from outscope.clock import utc_now
from outscope.telemetry.metrics import render
from services.scheduler.domain.delivery import (
    ONLY_ATTEMPT_FROM,
    Attempt,
    DeliveryState,
    NewDelivery,
    lost_attempt,
)
from services.scheduler.loops.delivery_records import DeliveryRecords
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows

PARTS = ("count", "sum")
HEALTH = "SELECT failing_since IS NOT NULL, slowed_until > now() FROM webhooks WHERE id = 'whk_1'"


@pytest.fixture
def freed() -> list[bool]:
    return []


@pytest.fixture
def records(database: Database, freed: list[bool]) -> DeliveryRecords:
    return DeliveryRecords(database, random.Random(1), utc_now, freed=lambda: freed.append(True))


async def add(database: Database, webhook_id: str, *events: str, account_id: str = "acc_a") -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url=f"https://{webhook_id}.example/",
            events=events,
            secret="whsec_x",
        )


def delivery(number: int) -> NewDelivery:
    return NewDelivery(
        id=f"dlv_{number}",
        webhook_id="whk_1",
        check_id=f"chk_{number}",
        event_type="check.completed",
        message_id=f"msg_{number}",
        state=DeliveryState.PUBLISHED,
    )


async def store(database: Database, *deliveries: NewDelivery) -> None:
    async with database.session() as connection:
        await insert_deliveries(connection, deliveries, grace_s=60)


@pytest.fixture(autouse=True)
async def deliveries(database: Database) -> None:
    """Two deliveries that were handed out for one webhook."""
    await add(database, "whk_1", "*")
    await store(database, delivery(1), delivery(2))


def attempt(number: int, status_code: int | None = 500, *, attempt: int = 1) -> Attempt:
    return Attempt(
        delivery_id=f"dlv_{number}",
        attempt=attempt,
        attempted_at=utc_now(),
        duration_ms=12,
        status_code=status_code,
        error="" if status_code == 200 else "http_status",
        retry_after_s=None,
        answer="It is full.",
    )


async def states(database: Database) -> list[tuple[object, ...]]:
    return await rows(database, "SELECT state, attempt FROM webhook_deliveries ORDER BY id")


async def test_an_endpoint_that_fails_is_noted_until_it_succeeds(
    records: DeliveryRecords, database: Database
) -> None:
    await records.record([attempt(1, 500)])
    assert await rows(database, HEALTH) == [(True, None)]
    await records.record([attempt(2, 200)])
    assert await rows(database, HEALTH) == [(False, None)]


def lag(attempt: str, part: str) -> float:
    name = f"outscope_delivery_lag_seconds_{part}"
    return REGISTRY.get_sample_value(name, {"attempt": attempt}) or 0.0


async def test_the_time_from_an_event_to_its_delivery_is_measured_by_its_attempt(
    records: DeliveryRecords, database: Database
) -> None:
    before = {(which, part): lag(which, part) for which in ("first", "later") for part in PARTS}
    await rows(database, "UPDATE webhook_deliveries SET event_at = now() - interval '40 s'")
    await rows(database, "UPDATE webhook_deliveries SET attempt = 2 WHERE id = 'dlv_2'")
    await records.record([attempt(1, 500)])
    assert lag("first", "count") == before["first", "count"]
    await rows(database, "UPDATE webhook_deliveries SET attempt = 1 WHERE id = 'dlv_1'")
    await records.record([attempt(1, 200), attempt(2, 200, attempt=2)])
    for which in ("first", "later"):
        assert lag(which, "count") == before[which, "count"] + 1
        assert 40 <= lag(which, "sum") - before[which, "sum"] < 50


async def test_an_endpoint_with_too_much_to_do_is_spared(
    records: DeliveryRecords, database: Database
) -> None:
    await records.record([replace(attempt(1, 429), retry_after_s=600)])
    spared = "SELECT slowed_until > now() + interval '590 s' FROM webhooks"
    assert await rows(database, spared) == [(True,)]
    # It was under way already.
    await records.record([attempt(2, 200)])
    assert await rows(database, spared) == [(True,)]
    assert await rows(database, HEALTH) == [(False, True)]


@pytest.mark.parametrize("ahead", [timedelta(days=6), -timedelta(days=6)])
async def test_a_scheduler_whose_clock_is_wrong_neither_spares_nor_gives_up_for_long(
    database: Database, ahead: timedelta
) -> None:
    await DeliveryRecords(database, random.Random(1), utc_now).record([attempt(1, 429)])
    wrong = DeliveryRecords(database, random.Random(1), lambda: utc_now() + ahead)
    await wrong.record([attempt(2, 429)])
    assert await rows(
        database,
        "SELECT disabled_at, slowed_until BETWEEN now() AND now() + interval '10 s' FROM webhooks",
    ) == [(None, True)]


async def test_a_lost_attempt_says_nothing_of_the_endpoint(
    records: DeliveryRecords, database: Database
) -> None:
    await records.record([lost_attempt("dlv_1", 1, utc_now())])
    assert await rows(database, HEALTH) == [(False, None)]


async def test_what_was_answered_is_kept_and_places_are_told_to_be_free(
    records: DeliveryRecords, database: Database, freed: list[bool]
) -> None:
    await records.record([attempt(1), attempt(2, 200)])
    assert await rows(database, "SELECT DISTINCT answer FROM delivery_attempts") == [
        ("It is full.",)
    ]
    assert freed == [True]
    await records.record([attempt(1)])
    assert freed == [True]


async def fail_for(database: Database, days: float, last_days: float = 1) -> None:
    await rows(
        database,
        "UPDATE webhooks SET failing_since = %s, last_failure_at = %s WHERE id = 'whk_1'",
        utc_now() - timedelta(days=days),
        utc_now() - timedelta(days=last_days),
    )


async def test_five_days_of_only_failures_disable_and_the_account_is_told(
    records: DeliveryRecords, database: Database
) -> None:
    await add(database, "whk_2", "webhook.disabled")
    await add(database, "whk_3", "check.*")
    await add(database, "whk_4", "*", account_id="acc_b")
    await fail_for(database, 5.1)
    await records.record([attempt(1)])
    assert await rows(
        database,
        "SELECT id, disabled_reason, disabled_at IS NOT NULL FROM webhooks"
        " WHERE disabled_at IS NOT NULL",
    ) == [("whk_1", "failing", True)]
    told = await rows(
        database,
        "SELECT webhook_id, event_type, state, detail FROM webhook_deliveries"
        " WHERE event_type LIKE 'webhook.%%'",
    )
    assert told == [
        (
            "whk_2",
            "webhook.disabled",
            "waiting",
            {
                "webhook_id": "whk_1",
                "url": "https://whk_1.example/",
                "disabled_reason": "failing",
            },
        )
    ]
    assert (
        await rows(
            database, "SELECT state, last_error FROM webhook_deliveries WHERE webhook_id = 'whk_1'"
        )
        == [("failed", "failing")] * 2
    )


@pytest.mark.parametrize(
    ("days", "last_days", "status_code"), [(4.9, 1, 500), (9, 2.1, 500), (9, 1, 200)]
)
async def test_less_than_that_disables_nothing(
    records: DeliveryRecords, database: Database, days: float, last_days: float, status_code: int
) -> None:
    await fail_for(database, days, last_days)
    await records.record([attempt(1, status_code)])
    assert await rows(database, "SELECT disabled_at FROM webhooks") == [(None,)]


async def test_a_lost_attempt_disables_nothing_though_another_webhook_is_gone(
    records: DeliveryRecords, database: Database
) -> None:
    await add(database, "whk_2", "check.*")
    await store(database, replace(delivery(3), webhook_id="whk_2"))
    await fail_for(database, 9)
    await records.record([lost_attempt("dlv_1", 1, utc_now()), attempt(3, 410)])
    assert await rows(
        database, "SELECT id, disabled_reason FROM webhooks WHERE disabled_at IS NOT NULL"
    ) == [("whk_2", "endpoint_gone")]


async def test_how_many_webhooks_were_disabled_and_why_is_counted_from_zero_on(
    records: DeliveryRecords, database: Database
) -> None:
    def counted() -> dict[str, float]:
        text = render()[0].decode()
        found = re.findall(r'webhooks_disabled_total{reason="(.+?)"} (.+)', text)
        return {reason: float(value) for reason, value in found}

    before = counted()
    assert set(before) == {"endpoint_gone", "failing"}
    await fail_for(database, 9)
    await records.record([attempt(1)])
    await records.record([attempt(2)])
    assert counted() == {**before, "failing": before["failing"] + 1}


async def test_an_endpoint_that_is_gone_is_told_to_the_account(
    records: DeliveryRecords, database: Database
) -> None:
    await add(database, "whk_2", "*")
    await records.record([attempt(1, 410), attempt(2, 410)])
    assert await rows(
        database,
        "SELECT webhook_id, detail ->> 'disabled_reason' FROM webhook_deliveries"
        " WHERE event_type = 'webhook.disabled'",
    ) == [("whk_2", "endpoint_gone")]


async def test_what_was_under_way_when_a_webhook_was_disabled_is_recorded(
    records: DeliveryRecords, database: Database
) -> None:
    await rows(database, "UPDATE webhook_deliveries SET state = 'held'")
    await records.record([attempt(1, 200), attempt(2, 500)])
    assert await states(database) == [("delivered", 1), ("held", 2)]
    await records.record([attempt(2, 500)])
    assert await states(database) == [("delivered", 1), ("held", 2)]


@pytest.mark.parametrize("status_code", [200, 410, 500, 503])
async def test_a_test_event_is_tried_once_and_says_nothing_of_the_endpoint(
    records: DeliveryRecords, database: Database, status_code: int
) -> None:
    test = replace(
        delivery(3), event_type="webhook.test", detail="{}", schedule_from=ONLY_ATTEMPT_FROM
    )
    await store(database, test)
    await fail_for(database, 9)
    before = await rows(database, "SELECT * FROM webhooks")
    await records.record([attempt(3, status_code)])
    assert await rows(database, "SELECT * FROM webhooks") == before
    assert (await states(database))[2] == (
        "delivered" if status_code == 200 else "failed",
        1,
    )
