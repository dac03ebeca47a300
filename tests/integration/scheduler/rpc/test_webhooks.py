import base64

import grpc
import pytest

from outscope.rpc.status import refusal_from
from outscope.v1 import webhook_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, rows
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
