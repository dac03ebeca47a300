"""Webhooks over gRPC: listed, shown, changed, deleted, and nobody else's."""

import asyncio

import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from outscope.limits import MAX_KEPT_WEBHOOKS, MAX_WEBHOOKS
from outscope.v1 import webhook_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, rows
from tests.integration.scheduler.rpc.conftest import Account
from tests.integration.scheduler.rpc.hooking import (
    URL,
    add_delivery,
    create,
    find,
    refused,
    update,
)

THIN = webhook_service_pb2.WEBHOOK_PAYLOAD_THIN
FULL = webhook_service_pb2.WEBHOOK_PAYLOAD_FULL
TOKEN = "Bearer of-a-very-secret-token"


async def pages(caller: Caller, size: int) -> list[list[str]]:
    found: list[list[str]] = []
    cursor = ""
    while True:
        request = webhook_service_pb2.ListWebhooksRequest(page_size=size, cursor=cursor)
        page = await caller.webhooks.ListWebhooks(request, metadata=caller.metadata)
        found.append([each.id for each in page.webhooks])
        cursor = page.next_cursor
        if not cursor:
            return found


async def test_a_webhook_has_what_was_asked_for_and_the_usual_for_the_rest(caller: Caller) -> None:
    usual = (await create(caller)).webhook
    assert (usual.payload, list(usual.signatures), usual.enabled) == (FULL, ["v1"], True)
    assert (usual.description, usual.fqdn, list(usual.vantage_points)) == ("", "", [])
    assert usual.updated_at == usual.created_at
    asked = (
        await create(
            caller,
            events=["check.*", "webhook.disabled", "check.*"],
            description="The shop",
            fqdn="*.BÜCHER.example.",
            vantage_points=["us-east-1", "us-east-1"],
            payload=THIN,
            signatures=["v1a"],
            headers={"X-Team": "shop", "Authorization": TOKEN},
        )
    ).webhook
    assert list(asked.events) == ["check.*", "webhook.disabled"]
    assert asked.fqdn == "*.xn--bcher-kva.example"
    assert list(asked.vantage_points) == ["us-east-1"]
    assert (asked.payload, list(asked.signatures)) == (THIN, ["v1", "v1a"])
    assert list(asked.header_names) == ["Authorization", "X-Team"]
    assert asked == await find(caller, asked.id)


async def test_a_list_is_read_page_by_page_newest_first_without_those_of_others(
    caller: Caller, stranger: Caller
) -> None:
    await create(stranger)
    created = []
    for _ in range(5):
        created.append((await create(caller)).webhook.id)
        await asyncio.sleep(0.002)  # ids sort by the millisecond
    newest_first = created[::-1]
    assert await pages(caller, 2) == [newest_first[:2], newest_first[2:4], newest_first[4:]]
    assert await pages(caller, 5) == [newest_first]


async def test_a_page_of_nobody_s_size_and_a_cursor_of_another_are_refused(
    caller: Caller, stranger: Caller
) -> None:
    for _ in range(2):
        await create(caller)
    request = webhook_service_pb2.ListWebhooksRequest(page_size=101)
    refusal = await refused(caller.webhooks.ListWebhooks(request, metadata=caller.metadata))
    assert (refusal.code, refusal.field) == ("invalid_request", "page_size")
    first = webhook_service_pb2.ListWebhooksRequest(page_size=1)
    page = await caller.webhooks.ListWebhooks(first, metadata=caller.metadata)
    taken = webhook_service_pb2.ListWebhooksRequest(cursor=page.next_cursor)
    refusal = await refused(stranger.webhooks.ListWebhooks(taken, metadata=stranger.metadata))
    assert (refusal.code, refusal.field) == ("invalid_request", "cursor")
    await caller.webhooks.ListWebhooks(taken, metadata=caller.metadata)


async def test_a_cursor_of_one_list_is_none_of_another(caller: Caller) -> None:
    for _ in range(2):
        await caller.create()
    checks = await caller.page(page_size=1)
    request = webhook_service_pb2.ListWebhooksRequest(cursor=checks.next_cursor)
    refusal = await refused(caller.webhooks.ListWebhooks(request, metadata=caller.metadata))
    assert refusal.field == "cursor"


async def test_only_what_the_mask_names_is_changed(caller: Caller) -> None:
    before = (
        await create(caller, description="old", fqdn="a.example", signatures=["v1", "v1a"])
    ).webhook
    request = webhook_service_pb2.UpdateWebhookRequest(
        id=before.id, update_mask=FieldMask(paths=["description"]), description="new", url="ftp://"
    )
    answer = await caller.webhooks.UpdateWebhook(request, metadata=caller.metadata)
    expected = webhook_service_pb2.Webhook.FromString(before.SerializeToString())
    expected.description = "new"
    expected.updated_at.CopyFrom(answer.webhook.updated_at)
    assert answer.webhook == expected == await find(caller, before.id)
    assert answer.webhook.updated_at.ToDatetime() > before.updated_at.ToDatetime()


async def test_a_change_without_a_mask_changes_nothing(caller: Caller) -> None:
    before = (await create(caller, description="old")).webhook
    request = webhook_service_pb2.UpdateWebhookRequest(id=before.id, description="new")
    answer = await caller.webhooks.UpdateWebhook(request, metadata=caller.metadata)
    assert answer.webhook == before


async def test_all_that_was_set_can_be_set_anew_and_cleared(
    caller: Caller, database: Database
) -> None:
    webhook_id = (await create(caller)).webhook.id
    changed = await update(
        caller,
        webhook_id,
        url="https://b.example/",
        events=["*"],
        description="x",
        fqdn="*.a.example",
        vantage_points=["eu-west-1"],
        payload=THIN,
        signatures=["v1", "v1a"],
        headers={"X-Team": "shop"},
    )
    assert (changed.url, list(changed.events)) == ("https://b.example/", ["*"])
    assert (changed.description, changed.fqdn) == ("x", "*.a.example")
    assert (changed.payload, list(changed.signatures)) == (THIN, ["v1", "v1a"])
    assert list(changed.header_names) == ["X-Team"]
    cleared = await update(
        caller,
        webhook_id,
        description="",
        fqdn="",
        vantage_points=[],
        payload=0,
        signatures=[],
        headers={},
    )
    assert (cleared.description, cleared.fqdn, list(cleared.vantage_points)) == ("", "", [])
    assert (cleared.payload, list(cleared.signatures)) == (FULL, ["v1"])
    assert not cleared.header_names
    assert await rows(database, "SELECT fqdn, signing_key, headers FROM webhooks") == [(None,) * 3]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "http://your-app.com/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://user:pw@a.example/"}, "url"),
        ({"url": ""}, "url"),
        ({"events": []}, "events"),
        ({"events": ["check.completed", "check.done"]}, "events[1]"),
        ({"events": ["webhook.test"]}, "events[0]"),
        ({"description": "x" * 501}, "description"),
        ({"fqdn": "*.*.example"}, "fqdn"),
        ({"fqdn": "https://a.example"}, "fqdn"),
        ({"vantage_points": ["eu-west-1", "mars"]}, "vantage_points[1]"),
        ({"payload": 9}, "payload"),
        ({"signatures": ["v2"]}, "signatures[0]"),
        ({"headers": {"webhook-id": "x"}}, "headers.webhook-id"),
        ({"headers": {"Authorization": f"{TOKEN}\r\nX: y"}}, "headers.Authorization"),
    ],
)
async def test_a_change_is_looked_at_as_a_new_webhook_is(
    caller: Caller, change: dict[str, object], field: str
) -> None:
    webhook = (await create(caller)).webhook
    for refusal in (
        await refused(update(caller, webhook.id, **change)),
        await refused(create(caller, **{"url": URL, "events": ["*"], **change})),  # type: ignore[arg-type]  # any field
    ):
        assert (refusal.code, refusal.field) == ("invalid_request", field)
        assert TOKEN not in f"{refusal.message} {refusal.value} {refusal.details}"
    assert await find(caller, webhook.id) == webhook


async def test_what_cannot_be_changed_is_named(caller: Caller) -> None:
    webhook = (await create(caller)).webhook
    request = webhook_service_pb2.UpdateWebhookRequest(
        id=webhook.id, update_mask=FieldMask(paths=["secret"])
    )
    refusal = await refused(caller.webhooks.UpdateWebhook(request, metadata=caller.metadata))
    assert (refusal.field, refusal.value) == ("update_mask", "secret")
    assert "description" in refusal.message


async def test_disabled_by_its_owner_it_holds_what_was_on_its_way_and_enabling_clears_that(
    caller: Caller, database: Database
) -> None:
    webhook_id = (await create(caller)).webhook.id
    waiting = await add_delivery(database, webhook_id, 1, "waiting")
    done = await add_delivery(database, webhook_id, 2, "delivered")
    disabled = await update(caller, webhook_id, enabled=False)
    assert (disabled.enabled, disabled.disabled_reason) == (False, "disabled_by_user")
    assert disabled.HasField("disabled_at")
    states = dict(await rows(database, "SELECT id, state FROM webhook_deliveries"))
    assert states == {waiting: "held", done: "delivered"}
    again = await update(caller, webhook_id, enabled=False)
    assert again.disabled_at == disabled.disabled_at
    enabled = await update(caller, webhook_id, enabled=True)
    assert (enabled.enabled, enabled.disabled_reason) == (True, "")
    assert not enabled.HasField("disabled_at")


async def test_what_disabled_a_webhook_is_shown_and_not_replaced_by_its_owner(
    caller: Caller, database: Database
) -> None:
    webhook_id = (await create(caller)).webhook.id
    await rows(
        database,
        "UPDATE webhooks SET disabled_at = now(), disabled_reason = 'failing',"
        " failing_since = now() - interval '5 days', slowed_until = now() + interval '1 hour'",
    )
    shown = await update(caller, webhook_id, enabled=False)
    assert shown.disabled_reason == "failing"
    assert shown.HasField("failing_since")
    assert shown.HasField("slowed_until")
    enabled = await update(caller, webhook_id, enabled=True)
    assert not enabled.HasField("failing_since")
    assert not enabled.HasField("slowed_until")


async def test_no_more_than_a_hundred_are_enabled_and_two_hundred_kept(
    caller: Caller, account: Account, database: Database
) -> None:
    first = (await create(caller)).webhook.id
    await update(caller, first, enabled=False)
    await rows(
        database,
        "INSERT INTO webhooks (id, account_id, url, events, secret)"
        " SELECT 'whk_' || lpad(n::text, 26, '0'), %s, 'https://a.example/', '{*}', 'whsec_x'"
        " FROM generate_series(1, %s) AS n",
        *(account.id, MAX_WEBHOOKS),
    )
    refusal = await refused(update(caller, first, enabled=True))
    assert (refusal.code, refusal.details["limit"]) == ("conflict", MAX_WEBHOOKS)
    await rows(
        database,
        "INSERT INTO webhooks (id, account_id, url, events, secret, disabled_at)"
        " SELECT 'whk_' || lpad(n::text, 26, '0'), %s, 'https://a.example/', '{*}', 'x', now()"
        " FROM generate_series(%s::int, %s::int) AS n",
        *(account.id, MAX_WEBHOOKS + 1, MAX_KEPT_WEBHOOKS - 1),
    )
    gone = f"whk_{1:026d}"
    await update(caller, gone, enabled=False)
    refusal = await refused(create(caller))
    assert (refusal.code, str(MAX_KEPT_WEBHOOKS) in refusal.message) == ("conflict", True)
    await caller.webhooks.DeleteWebhook(
        webhook_service_pb2.DeleteWebhookRequest(id=gone), metadata=caller.metadata
    )
    await create(caller)


async def test_a_deleted_webhook_is_gone_with_its_secrets_and_what_was_on_its_way(
    caller: Caller, database: Database
) -> None:
    created = await create(caller, signatures=["v1a"], headers={"Authorization": TOKEN})
    webhook_id = created.webhook.id
    delivery_id = await add_delivery(database, webhook_id, 1, "waiting")
    rotation = webhook_service_pb2.RotateWebhookSecretRequest(id=webhook_id)
    await caller.webhooks.RotateWebhookSecret(rotation, metadata=caller.metadata)
    request = webhook_service_pb2.DeleteWebhookRequest(id=webhook_id)
    await caller.webhooks.DeleteWebhook(request, metadata=caller.metadata)
    refusal = await refused(find(caller, webhook_id))
    assert (refusal.code, refusal.field, refusal.value) == ("not_found", "id", webhook_id)
    again = await refused(caller.webhooks.DeleteWebhook(request, metadata=caller.metadata))
    assert again.code == "not_found"
    assert await pages(caller, 30) == [[]]
    assert await rows(
        database,
        "SELECT secret, signing_key, headers FROM webhooks UNION ALL"
        " SELECT secret, NULL, NULL FROM webhook_old_secrets",
    ) == [("", None, None)]
    assert await rows(database, "SELECT id, state, last_error FROM webhook_deliveries") == [
        (delivery_id, "failed", "deleted")
    ]


async def test_two_who_change_one_webhook_at_once_both_do(caller: Caller) -> None:
    webhook_id = (await create(caller)).webhook.id
    await asyncio.gather(
        *(update(caller, webhook_id, description="new") for _ in range(5)),
        *(update(caller, webhook_id, fqdn="a.example", enabled=True) for _ in range(5)),
        *(update(caller, webhook_id, signatures=["v1a"]) for _ in range(5)),
    )
    webhook = await find(caller, webhook_id)
    assert (webhook.description, webhook.fqdn) == ("new", "a.example")
    assert list(webhook.signatures) == ["v1", "v1a"]
