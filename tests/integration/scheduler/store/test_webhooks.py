import asyncio

import pytest

from services.scheduler.domain.webhook import Subscriber
from services.scheduler.store import webhooks
from services.scheduler.store.database import Database
from services.scheduler.store.webhooks import (
    Numbering,
    delete_webhook,
    disable_webhooks,
    enable_webhook,
    find_subscribers,
    insert_webhook,
    number_deliveries,
)
from tests.integration.scheduler.driving import rows


async def add(database: Database, webhook_id: str, account_id: str, *events: str) -> None:
    async with database.session() as connection:
        await insert_webhook(
            connection,
            webhook_id=webhook_id,
            account_id=account_id,
            url="https://a.example/",
            events=events,
            secret="whsec_x",
        )


async def test_the_webhooks_of_the_accounts_asked_for_are_found(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    await add(database, "whk_2", "acc_a", "check.completed", "check.failed")
    await add(database, "whk_3", "acc_b", "check.failed")
    async with database.session() as connection:
        found = await find_subscribers(connection, {"acc_a", "acc_none"})
    assert found == [
        Subscriber(webhook_id="whk_1", account_id="acc_a", events=("check.completed",)),
        Subscriber(
            webhook_id="whk_2", account_id="acc_a", events=("check.completed", "check.failed")
        ),
    ]


async def test_a_disabled_webhook_is_found_and_a_deleted_one_is_not(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    await add(database, "whk_2", "acc_a", "check.completed")
    async with database.transaction() as connection:
        told = await disable_webhooks(connection, {"whk_1", "whk_none"}, "endpoint_gone")
        assert told == [("whk_1", "acc_a", "https://a.example/")]
        assert await disable_webhooks(connection, {"whk_1"}, "failing") == []
        assert not await delete_webhook(connection, "whk_2", account_id="acc_b")
        assert await delete_webhook(connection, "whk_2", account_id="acc_a")
        assert not await delete_webhook(connection, "whk_2", account_id="acc_a")
        found = await find_subscribers(connection, {"acc_a"})
    assert [each.webhook_id for each in found] == ["whk_1"]
    assert await rows(database, "SELECT disabled_reason, secret FROM webhooks ORDER BY id") == [
        ("endpoint_gone", "whsec_x"),
        ("deleted", ""),
    ]


async def test_deliveries_of_a_webhook_are_numbered_without_a_gap(database: Database) -> None:
    for webhook_id in ("whk_1", "whk_2", "whk_3"):
        await add(database, webhook_id, "acc_a", "check.completed")

    async def number() -> dict[str, Numbering]:
        async with database.transaction() as connection:
            return await number_deliveries(connection, {"whk_1": 3, "whk_2": 1, "whk_3": 1})

    async with database.transaction() as connection:
        await disable_webhooks(connection, {"whk_2"}, "failing")
        await delete_webhook(connection, "whk_3", account_id="acc_a")
    both = await asyncio.gather(number(), number())
    assert sorted(each["whk_1"].first for each in both) == [1, 4]
    assert {each["whk_1"].is_enabled for each in both} == {True}
    assert sorted(each["whk_2"].first for each in both) == [1, 2]
    assert {each["whk_2"].is_enabled for each in both} == {False}
    assert all("whk_3" not in each for each in both)


async def test_an_enabled_webhook_starts_afresh_and_another_account_cannot_enable_it(
    database: Database,
) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    await rows(database, "UPDATE webhooks SET failing_since = now(), slowed_until = now()")
    async with database.transaction() as connection:
        await disable_webhooks(connection, {"whk_1"}, "failing")
    async with database.transaction() as connection:
        assert not await enable_webhook(connection, "whk_1", account_id="acc_b")
    async with database.transaction() as connection:
        assert await enable_webhook(connection, "whk_1", account_id="acc_a")
    assert await rows(
        database,
        "SELECT disabled_at, disabled_reason, failing_since, slowed_until FROM webhooks",
    ) == [(None, None, None, None)]


async def test_to_enable_what_is_enabled_leaves_how_its_endpoint_does(database: Database) -> None:
    await add(database, "whk_1", "acc_a", "check.completed")
    await rows(
        database,
        "UPDATE webhooks SET failing_since = now(), last_failure_at = now(), slowed_until = now()",
    )
    told = "SELECT failing_since, last_failure_at, slowed_until FROM webhooks"
    before = await rows(database, told)
    async with database.transaction() as connection:
        assert await enable_webhook(connection, "whk_1", account_id="acc_a")
    assert await rows(database, told) == before


async def test_no_more_webhooks_can_be_enabled_than_an_account_may_have(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MAX_WEBHOOKS", 1)
    await add(database, "whk_1", "acc_a", "check.completed")
    async with database.transaction() as connection:
        await disable_webhooks(connection, {"whk_1"}, "failing")
    await add(database, "whk_2", "acc_a", "check.completed")
    async with database.transaction() as connection:
        assert not await enable_webhook(connection, "whk_1", account_id="acc_a")
        assert await enable_webhook(connection, "whk_2", account_id="acc_a")
