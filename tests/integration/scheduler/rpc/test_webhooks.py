import asyncio
import base64

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.limits import MAX_WEBHOOKS
from outscope.rpc.status import refusal_from
from outscope.v1 import webhook_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, calling, rows, running_scheduler
from tests.integration.scheduler.rpc.conftest import Account


async def create(
    caller: Caller, url: str, *events: str
) -> webhook_service_pb2.CreateWebhookResponse:
    request = webhook_service_pb2.CreateWebhookRequest(url=url, events=events)
    return await caller.webhooks.CreateWebhook(request, metadata=caller.metadata)


async def test_a_webhook_is_stored_and_its_secret_shown(
    caller: Caller, account: Account, database: Database
) -> None:
    first = await create(caller, "https://your-app.com/webhook", "check.completed")
    second = await create(
        caller, "https://your-app.com/webhook", "check.failed", "check.completed", "check.failed"
    )
    assert first.webhook.id.startswith("whk_")
    assert list(second.webhook.events) == ["check.failed", "check.completed"]
    assert len(base64.b64decode(first.secret.removeprefix("whsec_"))) == 32
    assert first.secret != second.secret
    stored = await rows(database, "SELECT id, account_id, url, secret FROM webhooks ORDER BY id")
    assert {(row[0], row[3]) for row in stored} == {
        (each.webhook.id, each.secret) for each in (first, second)
    }
    assert {row[1] for row in stored} == {account.id}


async def test_http_to_a_name_is_taken_with_a_warning_where_a_range_is_opened(
    database_url: str, nats_url: str, account: Account, bus: Bus
) -> None:
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_ALLOW_NET="127.0.0.0/8") as address,
        calling(address, account.key) as caller,
    ):
        by_name = await create(caller, "http://hook.example/", "check.failed")
        by_address = await create(caller, "http://127.0.0.1:9000/", "check.failed")
        encrypted = await create(caller, "https://hook.example/", "check.failed")
    assert "--allow-net" in by_name.warnings[0]
    assert not by_address.warnings
    assert not encrypted.warnings


@pytest.mark.parametrize(
    ("url", "events", "field"),
    [
        ("http://your-app.com/", ["check.failed"], "url"),
        ("https://169.254.169.254/", ["check.failed"], "url"),
        ("https://127.0.0.1:9000/", ["check.failed"], "url"),
        ("https://your-app.com/", [], "events"),
        ("https://your-app.com/", ["check.done"], "events[0]"),
    ],
)
async def test_a_webhook_we_must_not_post_to_is_refused(
    caller: Caller, url: str, events: list[str], field: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await create(caller, url, *events)
    refusal = refusal_from(error.value)
    assert refusal is not None
    assert (refusal.code, refusal.field) == ("invalid_request", field)


async def test_an_account_has_at_most_a_hundred_webhooks_however_many_are_asked_for_at_once(
    caller: Caller, stranger: Caller, database: Database
) -> None:
    outcomes = await asyncio.gather(
        *(
            create(caller, "https://your-app.com/", "check.failed")
            for _ in range(MAX_WEBHOOKS + 20)
        ),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, grpc.aio.AioRpcError)]
    assert len(outcomes) - len(refused) == MAX_WEBHOOKS
    assert await rows(database, "SELECT count(*) FROM webhooks") == [(MAX_WEBHOOKS,)]
    refusal = refusal_from(refused[0])
    assert refusal is not None
    assert (refusal.code, refusal.details) == ("conflict", {"limit": MAX_WEBHOOKS})
    assert "100 webhooks" in refusal.message
    assert "410 Gone" in refusal.message
    await create(stranger, "https://your-app.com/", "check.failed")
    await rows(
        database,
        "UPDATE webhooks SET disabled_at = now() WHERE id = (SELECT max(id) FROM webhooks"
        " WHERE account_id IN (SELECT account_id FROM webhooks GROUP BY 1 HAVING count(*) > 1))",
    )
    await create(caller, "https://your-app.com/", "check.failed")
