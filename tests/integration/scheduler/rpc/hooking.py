"""What the tests of webhooks share: one to tend, its calls, and rows of deliveries."""

from collections.abc import Awaitable, Sequence
from typing import Any

import grpc.aio
import pytest
from google.protobuf.field_mask_pb2 import FieldMask

from outscope.errors import Refusal
from outscope.rpc.status import refusal_from
from outscope.v1 import webhook_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, rows

URL = "https://your-app.com/webhook"


async def create(
    caller: Caller,
    url: str = URL,
    events: Sequence[str] = ("check.completed",),
    **fields: Any,  # noqa: ANN401 - any field
) -> webhook_service_pb2.CreateWebhookResponse:
    request = webhook_service_pb2.CreateWebhookRequest(url=url, events=events, **fields)
    return await caller.webhooks.CreateWebhook(request, metadata=caller.metadata)


async def update(
    caller: Caller,
    webhook_id: str,
    **fields: Any,  # noqa: ANN401 - any field
) -> webhook_service_pb2.Webhook:
    request = webhook_service_pb2.UpdateWebhookRequest(
        id=webhook_id, update_mask=FieldMask(paths=list(fields)), **fields
    )
    return (await caller.webhooks.UpdateWebhook(request, metadata=caller.metadata)).webhook


async def find(caller: Caller, webhook_id: str) -> webhook_service_pb2.Webhook:
    request = webhook_service_pb2.GetWebhookRequest(id=webhook_id)
    return (await caller.webhooks.GetWebhook(request, metadata=caller.metadata)).webhook


async def refused(call: Awaitable[object]) -> Refusal:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await call
    refusal = refusal_from(raised.value)
    assert refusal is not None
    return refusal


async def add_delivery(
    database: Database, webhook_id: str, number: int, state: str = "delivered", *, attempts: int = 1
) -> str:
    """Store a delivery and its attempts; return its id. The number orders them."""
    delivery_id = f"dlv_{number:026d}"
    await rows(
        database,
        "INSERT INTO webhook_deliveries (id, webhook_id, check_id, event_type, message_id,"
        " event_at, state, attempt, due_at, sequence_number) VALUES (%s, %s, %s, 'check.completed',"
        " %s, now(), %s, %s, now() + interval '1 hour', %s)",
        *(delivery_id, webhook_id, f"chk_{number}", f"msg_{webhook_id}_{number}", state),
        *(attempts + 1, number),
    )
    for attempt in range(1, attempts + 1):
        await rows(
            database,
            "INSERT INTO delivery_attempts (delivery_id, attempt, attempted_at, duration_ms,"
            " status_code, error, answer) VALUES (%s, %s, now(), 12, 503, 'http_status', 'later')",
            *(delivery_id, attempt),
        )
    return delivery_id
