"""Webhooks, verified by the reference library, as a customer gets them."""

import asyncio

from tests.e2e.conftest import Town
from tests.e2e.receiver import Receiver
from tests.e2e.running import Json, System


async def delivered(receiver: Receiver, check_id: str, within_s: float = 30) -> Json:
    async with asyncio.timeout(within_s):
        while True:
            for event in receiver.events:
                if event["data"]["id"] == check_id:
                    return event
            await asyncio.sleep(0.05)


async def test_an_event_carries_the_check_as_get_returns_it(
    system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(system)
    check_id = await system.create("hook.town.test", ports=[town.http])
    event = await delivered(receiver, check_id)
    assert event["type"] == "check.completed"
    assert event["data"] == await system.check(check_id)
    assert event["timestamp"] == event["data"]["completed_at"]


async def test_a_refused_target_is_told_as_failed(system: System, receiver: Receiver) -> None:
    await receiver.subscribe(system, "check.failed")
    check_id = await system.create("inner.town.test")
    event = await delivered(receiver, check_id)
    assert event["type"] == "check.failed"
    assert event["data"]["failure"]["reason"] == "target_refused"


async def test_a_check_that_is_cancelled_is_stopped_and_told_as_cancelled(
    system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(system, "check.cancelled", "check.completed")
    paths = [f"/{number}" for number in range(20)]
    check_id = await system.create("gone.town.test", ports=[town.slow], paths=paths)
    await asyncio.sleep(0.5)
    status, answer = await system.call("DELETE", f"/v1/check/{check_id}")
    assert (status, answer["status"]) == (200, "cancelled")
    event = await delivered(receiver, check_id)
    assert event["type"] == "check.cancelled"
    assert event["data"] == answer == await system.check(check_id)
    assert (await system.call("DELETE", f"/v1/check/{check_id}"))[0] == 409
    _, page = await system.call("GET", "/v1/checks?status=cancelled&fqdn=gone.town.test")
    assert [each["id"] for each in page["data"]] == [check_id]
    assert [each.check_id for each in receiver.deliveries] == [check_id]


async def test_events_not_asked_for_are_not_sent(
    system: System, town: Town, receiver: Receiver
) -> None:
    await receiver.subscribe(system, "check.failed")
    completed = await system.create("quiet.town.test", ports=[town.http])
    await system.ended(completed)
    failed = await system.create("inner.town.test")
    await delivered(receiver, failed)
    assert completed not in {each.check_id for each in receiver.deliveries}


async def test_a_failed_delivery_is_repeated_under_the_same_id(
    system: System, town: Town, receiver: Receiver
) -> None:
    receiver.failures_left = 1
    await receiver.subscribe(system)
    check_id = await system.create("again.town.test", ports=[town.http])
    await delivered(receiver, check_id)
    mine = [each for each in receiver.deliveries if each.check_id == check_id]
    assert [each.status for each in mine] == [500, 200]
    assert len({each.webhook_id for each in mine}) == 1
