"""What became of deliveries: page by page, newest first, by status, with their attempts."""

import pytest

from outscope.v1 import webhook_service_pb2
from services.scheduler.store.database import Database
from services.scheduler.store.delivery_history import MAX_ATTEMPTS_SHOWN
from tests.integration.scheduler.driving import Caller, rows
from tests.integration.scheduler.rpc.hooking import add_delivery, create, refused

STATES = ("waiting", "published", "delivered", "failed", "held")


async def page(
    caller: Caller,
    webhook_id: str,
    **fields: object,
) -> webhook_service_pb2.ListWebhookDeliveriesResponse:
    request = webhook_service_pb2.ListWebhookDeliveriesRequest(webhook_id=webhook_id, **fields)  # type: ignore[arg-type]  # any field
    return await caller.webhooks.ListWebhookDeliveries(request, metadata=caller.metadata)


async def pages(caller: Caller, webhook_id: str, **fields: object) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = ""
    while True:
        answer = await page(caller, webhook_id, cursor=cursor, **fields)
        found.append([each.id for each in answer.deliveries])
        cursor = answer.next_cursor
        if not cursor:
            return found


async def test_deliveries_are_read_page_by_page_newest_first_those_of_one_webhook_only(
    caller: Caller, database: Database
) -> None:
    one, other = [(await create(caller)).webhook.id for _ in range(2)]
    ids = [await add_delivery(database, one, number) for number in range(5)]
    await add_delivery(database, other, 9)
    assert await pages(caller, one, page_size=2) == [
        [ids[4], ids[3]],
        [ids[2], ids[1]],
        [ids[0]],
    ]
    assert await pages(caller, one, page_size=5) == [ids[::-1]]


@pytest.mark.parametrize(
    ("status", "states"),
    [
        ("PENDING", {"waiting", "published"}),
        ("DELIVERED", {"delivered"}),
        ("FAILED", {"failed"}),
        ("HELD", {"held"}),
        ("UNSPECIFIED", set(STATES)),
    ],
)
async def test_a_status_is_that_of_its_states_in_one_order_over_pages(
    caller: Caller, database: Database, status: str, states: set[str]
) -> None:
    webhook_id = (await create(caller)).webhook.id
    stored = [
        (await add_delivery(database, webhook_id, number, state), state)
        for number, state in enumerate(STATES * 2)
    ]
    wanted = webhook_service_pb2.DeliveryStatus.Value(f"DELIVERY_STATUS_{status}")
    found = await pages(caller, webhook_id, page_size=1, status=wanted)
    expected = [delivery_id for delivery_id, state in stored if state in states][::-1]
    assert [each for one in found for each in one] == expected


async def test_a_delivery_tells_its_event_its_attempts_and_when_the_next_is(
    caller: Caller, database: Database
) -> None:
    webhook_id = (await create(caller)).webhook.id
    delivery_id = await add_delivery(database, webhook_id, 7, "waiting", attempts=2)
    (listed,) = (await page(caller, webhook_id)).deliveries
    assert (listed.id, listed.check_id, listed.sequence) == (delivery_id, "chk_7", 7)
    assert (listed.message_id, listed.event_type) == (f"msg_{webhook_id}_7", "check.completed")
    assert [each.attempt for each in listed.attempts] == [2, 1]
    latest = listed.attempts[0]
    assert (latest.status_code, latest.error, latest.answer) == (503, "http_status", "later")
    assert latest.duration_ms == 12
    due = await rows(database, "SELECT due_at FROM webhook_deliveries")
    assert listed.next_attempt_at.ToDatetime() == due[0][0].replace(tzinfo=None)
    request = webhook_service_pb2.GetWebhookDeliveryRequest(webhook_id=webhook_id, id=delivery_id)
    found = await caller.webhooks.GetWebhookDelivery(request, metadata=caller.metadata)
    assert found.delivery == listed


async def test_attempts_at_an_endpoint_that_is_slowed_down_wait_until_that_is_over(
    caller: Caller, database: Database
) -> None:
    webhook_id = (await create(caller)).webhook.id
    await add_delivery(database, webhook_id, 1, "waiting")
    await rows(database, "UPDATE webhooks SET slowed_until = now() + interval '3 hours'")
    (listed,) = (await page(caller, webhook_id)).deliveries
    ((until,),) = await rows(database, "SELECT slowed_until FROM webhooks")
    assert listed.next_attempt_at.ToDatetime() == until.replace(tzinfo=None)


@pytest.mark.parametrize("state", ["published", "delivered", "failed", "held"])
async def test_no_next_attempt_is_told_of_what_does_not_wait_for_one(
    caller: Caller, database: Database, state: str
) -> None:
    webhook_id = (await create(caller)).webhook.id
    await add_delivery(database, webhook_id, 1, state)
    (listed,) = (await page(caller, webhook_id)).deliveries
    assert not listed.HasField("next_attempt_at")


async def test_the_latest_attempts_of_many_are_shown(caller: Caller, database: Database) -> None:
    webhook_id = (await create(caller)).webhook.id
    await add_delivery(database, webhook_id, 1, attempts=MAX_ATTEMPTS_SHOWN + 3)
    await add_delivery(database, webhook_id, 2, attempts=0)
    newer, older = (await page(caller, webhook_id)).deliveries
    assert not newer.attempts
    assert [each.attempt for each in older.attempts] == list(range(MAX_ATTEMPTS_SHOWN + 3, 3, -1))


async def test_an_event_of_no_check_names_none(caller: Caller, database: Database) -> None:
    webhook_id = (await create(caller)).webhook.id
    await add_delivery(database, webhook_id, 1)
    await rows(database, "UPDATE webhook_deliveries SET detail = '{}', sequence_number = NULL")
    (listed,) = (await page(caller, webhook_id)).deliveries
    assert (listed.check_id, listed.sequence) == ("", 0)


async def test_what_is_asked_wrongly_is_named(caller: Caller, database: Database) -> None:
    one, other = [(await create(caller)).webhook.id for _ in range(2)]
    for number in range(2):
        await add_delivery(database, one, number)
    for fields, field in (
        ({"page_size": 0}, "page_size"),
        ({"status": 9}, "status"),
        ({"cursor": "cur_x"}, "cursor"),
    ):
        refusal = await refused(page(caller, one, **fields))
        assert (refusal.code, refusal.field) == ("invalid_request", field)
    cursor = (await page(caller, one, page_size=1)).next_cursor
    refusal = await refused(page(caller, other, cursor=cursor))
    assert refusal.field == "cursor"


@pytest.mark.parametrize("delivery_id", ["dlv_x", f"dlv_{5:026d}", "\x00", ""])
async def test_a_delivery_of_another_webhook_is_none_of_this(
    caller: Caller, database: Database, delivery_id: str
) -> None:
    one, other = [(await create(caller)).webhook.id for _ in range(2)]
    await add_delivery(database, other, 5)
    request = webhook_service_pb2.GetWebhookDeliveryRequest(webhook_id=one, id=delivery_id)
    refusal = await refused(caller.webhooks.GetWebhookDelivery(request, metadata=caller.metadata))
    assert (refusal.code, refusal.field) == ("not_found", "delivery_id")
