"""Deleted webhooks and old notes about secrets go after their time, and nothing else does."""

from datetime import UTC, datetime

import pytest

from services.scheduler.loops.purge import Purge
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.rpc.hooking import add_delivery
from tests.integration.scheduler.store.test_webhooks import add

NOW = datetime(2026, 6, 1, tzinfo=UTC)


async def note(database: Database, webhook_id: str, days: int) -> None:
    await rows(
        database,
        "INSERT INTO webhook_audit (webhook_id, account_id, key_id, action, at)"
        " VALUES (%s, 'acc_a', 'key_1', 'secret_read', %s - %s * interval '1 day')",
        *(webhook_id, NOW, days),
    )


async def delete(database: Database, webhook_id: str, days: int) -> None:
    await rows(
        database,
        "UPDATE webhooks SET deleted_at = %s - %s * interval '1 day', disabled_at = now()"
        " WHERE id = %s",
        *(NOW, days, webhook_id),
    )


async def purge(database: Database, days: int) -> None:
    purging = Purge(database, audit_days=days, clock=lambda: NOW)
    while await purging.purge():
        pass


async def left(database: Database) -> list[str]:
    return [each for (each,) in await rows(database, "SELECT id FROM webhooks ORDER BY id")]


@pytest.fixture
async def webhooks(database: Database) -> list[str]:
    """One that is alive, and deleted ones: long ago, lately, and with a delivery or a note left."""
    ids = ["whk_alive", "whk_delivery", "whk_lately", "whk_note", "whk_old"]
    for webhook_id in ids:
        await add(database, webhook_id, "acc_a", "*")
        await note(database, webhook_id, 31)
    for webhook_id in ("whk_delivery", "whk_note", "whk_old"):
        await delete(database, webhook_id, 31)
    await delete(database, "whk_lately", 29)
    await note(database, "whk_note", 29)
    await note(database, "whk_alive", 29)
    await add_delivery(database, "whk_delivery", 1)
    await rows(database, "INSERT INTO webhook_paces SELECT id, now() FROM webhooks")
    return ids


async def test_a_deleted_webhook_goes_when_nothing_of_it_is_left(
    database: Database, webhooks: list[str]
) -> None:
    await purge(database, 0)
    assert await left(database) == webhooks
    await purge(database, 30)
    assert await left(database) == ["whk_alive", "whk_delivery", "whk_lately", "whk_note"]
    paces = await rows(database, "SELECT webhook_id FROM webhook_paces ORDER BY webhook_id")
    assert [each for (each,) in paces] == await left(database)
    await rows(database, "DELETE FROM webhook_deliveries")
    await purge(database, 28)
    assert await left(database) == ["whk_alive"]


async def test_old_notes_go_of_living_webhooks_too(database: Database, webhooks: list[str]) -> None:
    await purge(database, 30)
    notes = await rows(database, "SELECT webhook_id FROM webhook_audit ORDER BY webhook_id")
    assert notes == [("whk_alive",), ("whk_note",)]
    assert webhooks[0] in await left(database)


async def test_more_than_a_slice_goes_past_those_that_must_stay(database: Database) -> None:
    await rows(
        database,
        "INSERT INTO webhooks (id, account_id, url, events, secret, deleted_at)"
        " SELECT 'whk_' || n, 'acc_a', '', '{}', '', %s - n * interval '1 hour'"
        " FROM generate_series(1000, 1449) AS n",
        NOW,
    )
    # The 210 deleted first have a note that stays.
    await rows(
        database,
        "INSERT INTO webhook_audit (webhook_id, account_id, key_id, action, at)"
        " SELECT id, 'acc_a', 'key_1', 'secret_read', %s FROM webhooks"
        " ORDER BY deleted_at LIMIT 210",
        NOW,
    )
    await purge(database, 30)
    assert await rows(database, "SELECT count(*) FROM webhooks") == [(210,)]
