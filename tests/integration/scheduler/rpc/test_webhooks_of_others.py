"""Whoever asks for a webhook of another account learns that there is none, by every method."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import webhook_service_pb2 as messages
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, rows
from tests.integration.scheduler.rpc.hooking import add_delivery, create, refused

SINCE: Final = Timestamp(seconds=1)
METHODS: Final[dict[str, Callable[[str, str], Message]]] = {
    "GetWebhook": lambda hook, _: messages.GetWebhookRequest(id=hook),
    "UpdateWebhook": lambda hook, _: messages.UpdateWebhookRequest(
        id=hook, update_mask=FieldMask(paths=["enabled", "description"]), enabled=True
    ),
    "DeleteWebhook": lambda hook, _: messages.DeleteWebhookRequest(id=hook),
    "TestWebhook": lambda hook, _: messages.TestWebhookRequest(id=hook),
    "RotateWebhookSecret": lambda hook, _: messages.RotateWebhookSecretRequest(id=hook),
    "GetWebhookSecret": lambda hook, _: messages.GetWebhookSecretRequest(id=hook),
    "GetWebhookPublicKey": lambda hook, _: messages.GetWebhookPublicKeyRequest(id=hook),
    "ListWebhookDeliveries": lambda hook, _: messages.ListWebhookDeliveriesRequest(webhook_id=hook),
    "GetWebhookDelivery": lambda hook, delivery: messages.GetWebhookDeliveryRequest(
        webhook_id=hook, id=delivery
    ),
    "ResendWebhookDelivery": lambda hook, delivery: messages.ResendWebhookDeliveryRequest(
        webhook_id=hook, id=delivery
    ),
    "RecoverWebhook": lambda hook, _: messages.RecoverWebhookRequest(webhook_id=hook, since=SINCE),
    "ReplayMissingEvents": lambda hook, _: messages.ReplayMissingEventsRequest(
        webhook_id=hook, since=SINCE
    ),
}


def call(caller: Caller, method: str, request: Message) -> Any:  # noqa: ANN401 - any answer
    return getattr(caller.webhooks, method)(request, metadata=caller.metadata)


def test_every_method_that_names_a_webhook_is_tried() -> None:
    service = messages.DESCRIPTOR.services_by_name["WebhookService"]
    assert set(METHODS) == set(service.methods_by_name) - {"CreateWebhook", "ListWebhooks"}


@pytest.mark.parametrize("method", METHODS)
async def test_a_webhook_of_another_account_is_not_found_and_stays_as_it_is(
    caller: Caller, stranger: Caller, database: Database, method: str
) -> None:
    created = await create(caller, signatures=["v1a"])
    delivery_id = await add_delivery(database, created.webhook.id, 1, "failed")
    statement = (
        "SELECT webhooks::text, delivery::text FROM webhooks"
        " JOIN webhook_deliveries AS delivery ON webhook_id = webhooks.id"
    )
    before = await rows(database, statement)
    request = METHODS[method](created.webhook.id, delivery_id)
    refusal = await refused(call(stranger, method, request))
    assert (refusal.code, refusal.field, refusal.value) == ("not_found", "id", created.webhook.id)
    assert await rows(database, statement) == before
    assert await rows(database, "SELECT count(*) FROM webhook_audit") == [(0,)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("webhook_id", ["", "whk_", "\x00", "whk_" + "0" * 26])
async def test_what_is_no_webhook_is_not_found(
    caller: Caller, method: str, webhook_id: str
) -> None:
    refusal = await refused(call(caller, method, METHODS[method](webhook_id, f"dlv_{1:026d}")))
    assert (refusal.code, refusal.field) == ("not_found", "id")
