import asyncio

import pytest

from outscope.clock import utc_now
from services.scheduler.domain.delivery import (
    Attempt,
    DeliveryEvent,
    DeliveryState,
    NewDelivery,
    Sequel,
)
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import (
    apply_sequels,
    claim_due_deliveries,
    extend_delivery_leases,
    find_deliveries,
    insert_attempts,
    insert_deliveries,
    lock_recordable,
    mark_deliveries_published,
    settle_deliveries_of,
)
from services.scheduler.store.webhooks import disable_webhooks, insert_webhook
from tests.integration.scheduler.driving import rows


def delivery(number: int, *, check_id: str | None = None) -> NewDelivery:
    return NewDelivery(
        id=f"dlv_{number}",
        webhook_id="whk_1",
        check_id=check_id or f"chk_{number}",
        event_type="check.completed",
        message_id=f"msg_{number}",
    )


def attempt(number: int, *, attempt: int = 1, status_code: int | None = 500) -> Attempt:
    return Attempt(
        delivery_id=f"dlv_{number}",
        attempt=attempt,
        attempted_at=utc_now(),
        duration_ms=12,
        status_code=status_code,
        error="http_status",
        retry_after_s=None,
    )


@pytest.fixture(autouse=True)
async def webhook(database: Database) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id="whk_1",
            account_id="acc_a",
            url="https://a.example/",
            events=["check.completed"],
            secret="whsec_x",
        )


async def add(database: Database, *deliveries: NewDelivery, grace_s: float = 0) -> None:
    async with database.session() as connection:
        await insert_deliveries(connection, deliveries, grace_s=grace_s)


async def claim(database: Database, limit: int = 100) -> list[str]:
    async with database.session() as connection:
        due = await claim_due_deliveries(connection, limit=limit, claim_s=60)
    return [each.job.delivery_id for each in due]


async def states(database: Database) -> list[tuple[object, ...]]:
    return await rows(
        database,
        "SELECT id, state, attempt, last_status_code FROM webhook_deliveries ORDER BY id",
    )


async def test_an_event_has_one_delivery_per_webhook(database: Database) -> None:
    await add(database, delivery(1, check_id="chk_x"))
    await add(database, delivery(2, check_id="chk_x"), delivery(3))
    assert [row[0] for row in await states(database)] == ["dlv_1", "dlv_3"]


async def test_schedulers_side_by_side_never_claim_the_same_delivery(database: Database) -> None:
    await add(database, *(delivery(n) for n in range(60)))
    await rows(database, "UPDATE webhook_deliveries SET state = 'published'")
    claimed = await asyncio.gather(*(claim(database, limit=10) for _ in range(8)))
    ids = [delivery_id for each in claimed for delivery_id in each]
    assert len(ids) == len(set(ids)) > 0


async def test_a_published_delivery_is_noted_once_and_left_for_its_lease(
    database: Database,
) -> None:
    await add(database, delivery(1))
    async with database.session() as connection:
        await mark_deliveries_published(connection, [("dlv_1", 2, 9)], lease_s=60)
        assert await states(database) == [("dlv_1", "waiting", 1, None)]
        await mark_deliveries_published(connection, [("dlv_1", 1, 9)], lease_s=60)
    assert await states(database) == [("dlv_1", "published", 1, None)]
    assert await claim(database) == []


async def test_an_extended_lease_is_not_due(database: Database) -> None:
    await add(database, delivery(1))
    await rows(database, "UPDATE webhook_deliveries SET state = 'published'")
    async with database.session() as connection:
        await extend_delivery_leases(connection, ["dlv_1"], 60)
    assert await claim(database) == []


async def test_attempts_are_recorded_once_and_followed_by_their_sequels(
    database: Database,
) -> None:
    await add(database, delivery(1), delivery(2), delivery(3))
    sequels = [
        (attempt(1, status_code=200), Sequel(event=DeliveryEvent.ATTEMPT_SUCCEEDED)),
        (attempt(2), Sequel(event=DeliveryEvent.ATTEMPT_FAILED, delay_s=5)),
        (attempt(3, status_code=None), Sequel(event=DeliveryEvent.GIVEN_UP)),
    ]
    async with database.transaction() as connection:
        locked = await lock_recordable(connection, ["dlv_1", "dlv_2", "dlv_3", "dlv_none"])
        assert {key: (each.attempt, each.webhook_id) for key, each in locked.items()} == {
            f"dlv_{n}": (1, "whk_1") for n in (1, 2, 3)
        }
        for _ in range(2):
            await insert_attempts(connection, [each for each, _ in sequels])
        await apply_sequels(connection, sequels)
    assert await states(database) == [
        ("dlv_1", "delivered", 1, 200),
        ("dlv_2", "waiting", 2, 500),
        ("dlv_3", "failed", 1, None),
    ]
    assert await rows(
        database,
        "SELECT round(extract(epoch FROM due_at - now())) BETWEEN 3 AND 5, ended_at IS NULL"
        " FROM webhook_deliveries WHERE id = 'dlv_2'",
    ) == [(True, True)]
    assert await rows(database, "SELECT count(*) FROM delivery_attempts") == [(3,)]
    async with database.transaction() as connection:
        assert list(await lock_recordable(connection, ["dlv_1", "dlv_2"])) == ["dlv_2"]


@pytest.mark.parametrize(
    ("event", "state", "is_ended"),
    [(DeliveryEvent.GIVEN_UP, "failed", True), (DeliveryEvent.PUT_ON_HOLD, "held", False)],
)
async def test_what_is_open_for_a_webhook_can_be_settled(
    database: Database, event: DeliveryEvent, state: str, *, is_ended: bool
) -> None:
    await add(database, *(delivery(n) for n in (1, 2, 3, 4)))
    await rows(database, "UPDATE webhook_deliveries SET state = 'delivered' WHERE id = 'dlv_1'")
    await rows(database, "UPDATE webhook_deliveries SET state = 'published' WHERE id = 'dlv_2'")

    async def settle() -> int:
        async with database.session() as connection:
            return await settle_deliveries_of(connection, {"whk_1"}, event, "x", limit=2)

    assert await settle() == 2
    assert [row[1] for row in await states(database)] == ["delivered", state, state, "waiting"]
    assert [await settle(), await settle()] == [1, 0]
    assert await rows(
        database,
        "SELECT DISTINCT ended_at IS NOT NULL, last_error FROM webhook_deliveries WHERE state = %s",
        state,
    ) == [(is_ended, "x")]


async def test_a_sample_is_given_up_but_never_put_on_hold(database: Database) -> None:
    await add(database, delivery(1))
    await rows(
        database, "UPDATE webhook_deliveries SET state = 'published', event_type = 'webhook.test'"
    )
    async with database.session() as connection:
        settled = [
            await settle_deliveries_of(connection, {"whk_1"}, event, "x", limit=2)
            for event in (DeliveryEvent.PUT_ON_HOLD, DeliveryEvent.GIVEN_UP)
        ]
    assert settled == [0, 1]
    assert [row[1] for row in await states(database)] == ["failed"]


async def test_the_notifier_finds_what_it_needs(database: Database) -> None:
    await add(database, delivery(1))
    async with database.session() as connection:
        (found,) = (await find_deliveries(connection, ["dlv_1", "dlv_none"])).values()
        assert (found.account_id, found.check_id, found.message_id) == ("acc_a", "chk_1", "msg_1")
        assert (found.url, found.secret) == ("https://a.example/", "whsec_x")
        assert (found.state, found.is_enabled) == (DeliveryState.WAITING, True)
        await disable_webhooks(connection, {"whk_1"}, "x")
        found = (await find_deliveries(connection, ["dlv_1"]))["dlv_1"]
    assert not found.is_enabled
