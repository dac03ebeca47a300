"""Deliveries that their owner has sent again, and test events."""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from outscope.clock import utc_now
from outscope.errors import Conflict, NotFound, Unavailable
from outscope.ids import DELIVERY_PREFIX, new_id
from services.scheduler.domain.delivery import Attempt, DeliveryJob, DeliveryState, NewDelivery
from services.scheduler.loops import replays as replays_module
from services.scheduler.loops.delivery_records import DeliveryRecords
from services.scheduler.loops.replays import Replays
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import insert_deliveries
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import rows

NOW = datetime(2026, 1, 10, tzinfo=UTC)
MINE = {"webhook_id": "whk_1", "account_id": "acc_a"}


@pytest.fixture
def offered() -> list[DeliveryJob]:
    return []


@pytest.fixture
def replays(database: Database, offered: list[DeliveryJob]) -> Replays:
    return Replays(database, utc_now, look=lambda: None, offer=offered.extend)


@pytest.fixture
def records(database: Database) -> DeliveryRecords:
    return DeliveryRecords(database, random.Random(1))


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


def delivery(hour: int, state: DeliveryState) -> NewDelivery:
    at = NOW + timedelta(hours=hour)
    delivery_id = new_id(DELIVERY_PREFIX, int(at.timestamp() * 1000))
    return NewDelivery(
        id=delivery_id,
        webhook_id="whk_1",
        check_id=f"chk_{hour}",
        event_type="check.completed",
        message_id=f"msg_{hour}",
        state=state,
    )


async def store(database: Database, *deliveries: NewDelivery) -> None:
    async with database.session() as connection:
        await insert_deliveries(connection, deliveries, grace_s=60)


def attempt(of: str, number: int, status_code: int) -> Attempt:
    return Attempt(
        delivery_id=of,
        attempt=number,
        attempted_at=utc_now(),
        duration_ms=1,
        status_code=status_code,
        error="http_status",
        retry_after_s=None,
    )


async def found(database: Database) -> list[tuple[object, ...]]:
    return await rows(
        database,
        "SELECT check_id, state, attempt, due_at <= now() FROM webhook_deliveries ORDER BY id",
    )


async def test_a_delivery_is_sent_again_under_its_id_and_its_schedule_begins_anew(
    replays: Replays, records: DeliveryRecords, database: Database
) -> None:
    sent = delivery(0, DeliveryState.PUBLISHED)
    await store(database, sent)
    for number in range(1, 11):
        await records.record([attempt(sent.id, number, 500)])
    assert (await found(database))[0][:3] == ("chk_0", "failed", 10)
    await replays.resend(sent.id, **MINE)
    assert await found(database) == [("chk_0", "waiting", 11, True)]
    await records.record([attempt(sent.id, 11, 500)])
    assert (await found(database))[0][:3] == ("chk_0", "waiting", 12)
    await records.record([attempt(sent.id, 12, 200)])
    await replays.resend(sent.id, **MINE)
    assert await rows(
        database, "SELECT state, attempt, message_id, replays FROM webhook_deliveries"
    ) == [("waiting", 13, "msg_0", 2)]


async def test_what_never_was_attempted_keeps_the_number_of_its_attempt(
    replays: Replays, database: Database
) -> None:
    await store(database, delivery(0, DeliveryState.HELD))
    assert await replays.replay_missing(**MINE, since=NOW) == 1
    assert await found(database) == [("chk_0", "waiting", 1, True)]


async def test_what_is_under_way_or_of_another_is_not_sent_again(
    replays: Replays, database: Database
) -> None:
    sent = delivery(0, DeliveryState.PUBLISHED)
    await store(database, sent)
    with pytest.raises(Conflict):
        await replays.resend(sent.id, **MINE)
    with pytest.raises(NotFound):
        await replays.resend(sent.id, webhook_id="whk_1", account_id="acc_b")
    with pytest.raises(NotFound):
        await replays.resend("dlv_none", **MINE)
    with pytest.raises(NotFound):
        await replays.recover(webhook_id="whk_none", account_id="acc_a", since=NOW)
    assert (await found(database))[0][1] == "published"


async def test_only_an_enabled_webhook_is_sent_to_again(
    replays: Replays, database: Database
) -> None:
    failed = delivery(0, DeliveryState.FAILED)
    await store(database, failed)
    await rows(database, "UPDATE webhooks SET disabled_at = now()")
    with pytest.raises(Conflict):
        await replays.resend(failed.id, **MINE)
    with pytest.raises(Conflict):
        await replays.recover(**MINE, since=NOW)
    with pytest.raises(Conflict):
        await replays.replay_missing(**MINE, since=NOW)
    assert (await found(database))[0][1] == "failed"


@pytest.mark.parametrize("is_recovery", [True, False])
async def test_all_since_a_time_are_sent_again_and_nothing_else(
    replays: Replays, database: Database, monkeypatch: pytest.MonkeyPatch, *, is_recovery: bool
) -> None:
    monkeypatch.setattr(replays_module, "_SLICE", 2)
    state, other = DeliveryState.FAILED, DeliveryState.HELD
    if not is_recovery:
        state, other = other, state
    await store(
        database,
        *(delivery(hour, state) for hour in range(-2, 5)),
        delivery(5, other),
        delivery(6, DeliveryState.DELIVERED),
    )
    ask = replays.recover if is_recovery else replays.replay_missing
    assert await ask(**MINE, since=NOW) == 5
    assert [row[1] for row in await found(database)] == [
        *[state] * 2,
        *["waiting"] * 5,
        other,
        "delivered",
    ]
    assert await ask(**MINE, since=NOW) == 0


async def test_a_test_event_is_offered_at_once_and_its_answer_returned(
    replays: Replays, records: DeliveryRecords, database: Database, offered: list[DeliveryJob]
) -> None:
    await rows(database, "UPDATE webhooks SET disabled_at = now()")
    testing = asyncio.create_task(replays.test(**MINE))
    while not offered:
        await asyncio.sleep(0.01)
    (job,) = offered
    await records.record(
        [replace(attempt(job.delivery_id, 1, 418), answer="a teapot", error="http_status")]
    )
    report = await testing
    assert (report.attempt.status_code, report.attempt.answer) == (418, "a teapot")
    assert await rows(
        database,
        "SELECT id, message_id, event_type, state, sequence_number FROM webhook_deliveries",
    ) == [(report.delivery_id, report.message_id, "webhook.test", "failed", 1)]


async def test_a_test_event_nobody_posts_is_told_so(
    replays: Replays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays_module, "TEST_PATIENCE_S", 0.3)
    with pytest.raises(Unavailable, match="test event"):
        await replays.test(**MINE)
    with pytest.raises(NotFound):
        await replays.test(webhook_id="whk_1", account_id="acc_b")
