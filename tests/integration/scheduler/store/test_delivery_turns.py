"""Whose turn it is: no endpoint has more under way than its pace allows."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from services.scheduler.domain.delivery import NewDelivery
from services.scheduler.domain.endpoint import Pace
from services.scheduler.store.database import Database
from services.scheduler.store.deliveries import claim_due_deliveries, insert_deliveries
from services.scheduler.store.delivery_turns import settle_disabled, take_delivery_turns
from services.scheduler.store.webhooks import insert_webhook
from tests.integration.scheduler.driving import new_check, rows, store

PACE = Pace(at_once=4, rate=0)


async def add(database: Database, webhook_id: str, deliveries: int) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=f"acc_{webhook_id}",
            url="https://a.example/",
            events=["*"],
            secret="whsec_x",
        )
        await insert_deliveries(
            connection,
            [
                NewDelivery(
                    id=f"dlv_{webhook_id}_{number:03}",
                    webhook_id=webhook_id,
                    check_id=f"chk_{number}",
                    event_type="check.completed",
                    message_id=f"msg_{webhook_id}_{number}",
                )
                for number in range(deliveries)
            ],
            grace_s=0,
        )


async def take(database: Database, pace: Pace = PACE, most: int = 100) -> list[str]:
    async with database.session() as connection:
        jobs = await take_delivery_turns(connection, pace, most=most, grace_s=2)
    return [job.delivery_id for job in jobs]


async def test_a_delivery_is_handed_out_with_the_trace_of_its_check(database: Database) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"
    await store(database, replace(new_check(), id="chk_1", traceparent=trace))
    await add(database, "whk_a", 2)
    async with database.session() as connection:
        handed_out = await take_delivery_turns(connection, PACE, most=10, grace_s=0)
        claimed = await claim_due_deliveries(connection, limit=10, claim_s=60)
    told = {"dlv_whk_a_000": None, "dlv_whk_a_001": trace}
    assert {job.delivery_id: job.traceparent for job in handed_out} == told
    assert {each.job.delivery_id: each.job.traceparent for each in claimed} == told


def by_endpoint(taken: list[str]) -> Counter[str]:
    return Counter(each.rsplit("_", 1)[0].removeprefix("dlv_") for each in taken)


async def test_an_endpoint_has_no_more_under_way_than_its_places(database: Database) -> None:
    await add(database, "whk_busy", 10)
    await add(database, "whk_idle", 1)
    taken = await take(database)
    assert by_endpoint(taken) == {"whk_busy": 4, "whk_idle": 1}
    assert sorted(taken)[:4] == [f"dlv_whk_busy_{number:03}" for number in range(4)]
    assert await take(database) == []
    await rows(
        database, "UPDATE webhook_deliveries SET state = 'delivered' WHERE id LIKE '%%busy_000'"
    )
    assert await take(database) == ["dlv_whk_busy_004"]


async def test_the_endpoints_of_an_account_have_no_more_under_way_than_it_may(
    database: Database,
) -> None:
    for webhook_id in ("whk_1", "whk_2", "whk_3", "whk_other"):
        await add(database, webhook_id, 10)
    await rows(database, "UPDATE webhooks SET account_id = 'acc' WHERE id <> 'whk_other'")
    pace = Pace(at_once=4, rate=0, of_account=6)
    # What is handed out of an endpoint with nothing waiting counts as well.
    await rows(
        database,
        "UPDATE webhook_deliveries SET state = CASE WHEN id LIKE '%%_000' THEN 'published'"
        " ELSE 'delivered' END WHERE webhook_id = 'whk_3'",
    )
    taken = by_endpoint(await take(database, pace))
    assert taken["whk_other"] == 4
    # In turns: none has its third before the other has its second.
    fewest, most = sorted(("whk_1", "whk_2"), key=lambda each: taken[each])
    assert (taken[fewest], taken[most]) == (2, 3)
    assert await take(database, pace) == []
    await rows(
        database, "UPDATE webhook_deliveries SET state = 'failed' WHERE webhook_id = 'whk_3'"
    )
    # The place that is free goes to the one that has fewer.
    assert by_endpoint(await take(database, pace)) == {fewest: 1}


async def test_turns_go_round_where_there_are_not_places_for_all(database: Database) -> None:
    for webhook_id in ("whk_1", "whk_2", "whk_3"):
        await add(database, webhook_id, 4)
    assert set(by_endpoint(await take(database, most=6)).values()) == {2}


async def test_an_endpoint_that_fails_has_one_place(database: Database) -> None:
    await add(database, "whk_1", 3)
    await rows(database, "UPDATE webhooks SET failing_since = now()")
    assert len(await take(database)) == 1
    assert await take(database) == []


@pytest.mark.parametrize(
    "change",
    ["slowed_until = now() + interval '1 min'", "disabled_at = now()"],
)
async def test_an_endpoint_that_is_spared_or_disabled_gets_nothing(
    database: Database, change: str
) -> None:
    await add(database, "whk_1", 3)
    await add(database, "whk_2", 1)
    await rows(database, f"UPDATE webhooks SET {change} WHERE id = 'whk_1'")
    assert await take(database) == ["dlv_whk_2_000"]
    await rows(
        database,
        "UPDATE webhooks SET disabled_at = NULL, slowed_until = now() - interval '1 ms'",
    )
    assert len(await take(database)) == 3


async def test_what_is_not_due_yet_waits(database: Database) -> None:
    await add(database, "whk_1", 2)
    await rows(
        database,
        "UPDATE webhook_deliveries SET due_at = now() + interval '1 min' WHERE id LIKE '%%000'",
    )
    assert await take(database) == ["dlv_whk_1_001"]


async def test_a_rate_is_kept_and_a_second_of_it_saved_up(database: Database) -> None:
    await add(database, "whk_1", 90)
    pace = Pace(at_once=100, rate=20)
    assert len(await take(database, pace)) == 20
    assert len(await take(database, pace)) <= 5  # of what has come free since
    await rows(database, "UPDATE webhook_paces SET free_at = now() - interval '500 ms'")
    assert 10 <= len(await take(database, pace)) <= 15
    await rows(database, "UPDATE webhook_paces SET free_at = now() - interval '1 day'")
    assert len(await take(database, pace)) == 20


async def test_schedulers_side_by_side_keep_an_endpoint_within_its_places(
    database: Database,
) -> None:
    for number in range(5):
        await add(database, f"whk_{number}", 20)
    taken = await asyncio.gather(*(take(database) for _ in range(6)))
    ids = [delivery_id for each in taken for delivery_id in each]
    assert len(ids) == len(set(ids))
    assert set(by_endpoint(ids).values()) == {4}


async def test_what_waits_for_a_disabled_webhook_is_settled_by_the_reason(
    database: Database,
) -> None:
    reasons = {"whk_user": "disabled_by_user", "whk_gone": "endpoint_gone", "whk_on": None}
    for webhook_id, reason in reasons.items():
        await add(database, webhook_id, 2)
        if reason is not None:
            await rows(
                database,
                "UPDATE webhooks SET disabled_at = now(), disabled_reason = %s WHERE id = %s",
                reason,
                webhook_id,
            )
    async with database.session() as connection:
        assert await settle_disabled(connection, limit=3) == 3
        assert await settle_disabled(connection, limit=3) == 1
        assert await settle_disabled(connection, limit=3) == 0
    assert await rows(
        database,
        "SELECT DISTINCT webhook_id, state, last_error, ended_at IS NOT NULL"
        " FROM webhook_deliveries ORDER BY 1",
    ) == [
        ("whk_gone", "failed", "endpoint_gone", True),
        ("whk_on", "waiting", None, False),
        ("whk_user", "held", "disabled_by_user", False),
    ]
