"""What can be asked of webhooks, each operation described once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outscope_client.exchange import Call, present
from outscope_client.models import CreatedWebhook
from outscope_client.resource import AsyncResource, Operation, Resource


def create(
    url: str,
    events: Sequence[str],
    *,
    idempotency_key: str | None = None,
    **options: Any,  # noqa: ANN401 - what the server's version knows
) -> Call[CreatedWebhook]:
    """Have events sent to a URL; the answer has the signing secret, this once."""
    body = present(url=url, events=list(events), **options)
    return Call(
        "POST",
        "/v1/webhooks",
        CreatedWebhook,
        body=body,
        creates=True,
        idempotency_key=idempotency_key,
    )


class _Webhooks:
    create = Operation(create)


class Webhooks(_Webhooks, Resource):
    """Where events are sent."""


class AsyncWebhooks(_Webhooks, AsyncResource):
    """Where events are sent."""
