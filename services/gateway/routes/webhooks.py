"""POST /v1/webhooks: where the events of an account are sent."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest
from outscope.limits import MAX_WEBHOOKS
from services.gateway.body import json_body
from services.gateway.idempotency import REPLAY_HEADERS, replay_headers
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.request import validated
from services.gateway.schemas.webhook import (
    WEBHOOK_CREATED_EXAMPLE,
    WEBHOOK_EXAMPLE,
    CreatedWebhook,
    WebhookRequest,
)
from services.gateway.translate.webhook import created_webhook, webhook_message


async def create_webhook(call: Call) -> Response:
    """Subscribe a URL to events; the secret is shown in this answer only."""
    asked = validated(WebhookRequest, await json_body(call.request))
    answer = await call.scheduler.create_webhook(webhook_message(asked), call.caller)
    return JsonResponse(created_webhook(answer), 201, replay_headers(answer))


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/webhooks",
        run=create_webhook,
        name="createWebhook",
        tag="Webhooks",
        summary="Create a webhook",
        description=(
            "Sends the account's events to a URL, signed as Standard Webhooks says. Keep the "
            "secret: it is shown this once, and again only when the same request is repeated under "
            "its Idempotency-Key. "
            f"An account has at most {MAX_WEBHOOKS} webhooks: one more is a 409."
        ),
        body=WebhookRequest,
        body_example=WEBHOOK_EXAMPLE,
        answers={
            201: Answer(
                description="The webhook was created.",
                schema=CreatedWebhook,
                example=WEBHOOK_CREATED_EXAMPLE,
                headers=REPLAY_HEADERS,
            )
        },
        refusals=(InvalidRequest, Conflict),
        creates=True,
    ),
)
