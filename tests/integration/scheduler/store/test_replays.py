"""A replay takes the number of the next attempt, wherever the delivery stood."""

from datetime import UTC, datetime

import pytest

from services.scheduler.domain.delivery import (
    Attempt,
    DeliveryEvent,
    DeliveryState,
    NewDelivery,
    sequel_of,
)
from services.scheduler.domain.subscription import WEBHOOK_TEST
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.replays import replay_delivery, replay_slice
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows


@pytest.fixture(autouse=True)
async def webhook(database: Database) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id="whk_1",
            account_id="acc_a",
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )


async def add(
    database: Database,
    number: int,
    state: DeliveryState,
    attempts: int,
    event_type: str = "check.completed",
) -> None:
    async with database.session() as connection:
        delivery = NewDelivery(
            id=f"dlv_{number}",
            webhook_id="whk_1",
            check_id=f"chk_{number}",
            event_type=event_type,
            message_id=f"msg_{number}",
            state=state,
        )
        await insert_deliveries(connection, [delivery], grace_s=60)
    await rows(
        database,
        "INSERT INTO delivery_attempts SELECT %s, number, now(), 5, 500, ''"
        " FROM generate_series(1, %s) AS number",
        f"dlv_{number}",
        attempts,
    )


@pytest.mark.parametrize("attempts", [0, 1, 10])
@pytest.mark.parametrize(
    "state", [DeliveryState.HELD, DeliveryState.FAILED, DeliveryState.DELIVERED]
)
async def test_a_replay_takes_the_next_number(
    database: Database, state: DeliveryState, attempts: int
) -> None:
    await add(database, 1, state, attempts)
    async with database.transaction() as connection:
        assert await replay_delivery(connection, "dlv_1", webhook_id="whk_1")
        assert not await replay_delivery(connection, "dlv_1", webhook_id="whk_1")
        with pytest.raises(LookupError):
            await replay_delivery(connection, "dlv_1", webhook_id="whk_2")
    assert await rows(
        database,
        "SELECT state, attempt, schedule_from, replays, ended_at, due_at <= now()"
        " FROM webhook_deliveries",
    ) == [("waiting", attempts + 1, attempts, 1, None, True)]


@pytest.mark.parametrize("attempts", [1, 4])
async def test_a_test_event_that_is_sent_again_has_one_attempt(
    database: Database, attempts: int
) -> None:
    await add(database, 1, DeliveryState.FAILED, attempts, WEBHOOK_TEST)
    async with database.transaction() as connection:
        assert await replay_delivery(connection, "dlv_1", webhook_id="whk_1")
    ((attempt, schedule_from),) = await rows(
        database, "SELECT attempt, schedule_from FROM webhook_deliveries"
    )
    failed = Attempt(
        delivery_id="dlv_1",
        attempt=attempt,
        attempted_at=datetime(2026, 4, 21, tzinfo=UTC),
        duration_ms=5,
        status_code=500,
        error="http_status",
        retry_after_s=None,
    )
    assert attempt == attempts + 1
    sequel = sequel_of(failed, jitter=0.5, schedule_from=schedule_from)
    assert sequel.event is DeliveryEvent.GIVEN_UP


async def test_test_events_are_not_sent_again_among_others(database: Database) -> None:
    await add(database, 1, DeliveryState.FAILED, 1, WEBHOOK_TEST)
    await add(database, 2, DeliveryState.FAILED, 1)
    async with database.transaction() as connection:
        again = await replay_slice(
            connection, "whk_1", DeliveryState.FAILED, after="dlv_", limit=10
        )
    assert again == ["dlv_2"]


async def test_a_slice_goes_on_after_the_last_one(database: Database) -> None:
    for number in range(5):
        await add(database, number, DeliveryState.FAILED, 1)
    await add(database, 5, DeliveryState.HELD, 1)

    async def replay(after: str) -> list[str]:
        async with database.transaction() as connection:
            return await replay_slice(
                connection, "whk_1", DeliveryState.FAILED, after=after, limit=2
            )

    assert await replay("dlv_0") == ["dlv_1", "dlv_2"]
    assert await replay("dlv_2") == ["dlv_3", "dlv_4"]
    assert await replay("dlv_4") == []
    assert await rows(
        database, "SELECT id FROM webhook_deliveries WHERE state <> 'waiting' ORDER BY id"
    ) == [("dlv_0",), ("dlv_5",)]
