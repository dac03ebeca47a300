"""A webhook request as the scheduler's message, and a created webhook as its answer."""

from outscope.representation.moments import rfc3339
from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.webhook import CreatedWebhook, WebhookRequest


def webhook_message(webhook: WebhookRequest) -> webhook_service_pb2.CreateWebhookRequest:
    """Return where to send which events."""
    return webhook_service_pb2.CreateWebhookRequest(url=webhook.url, events=webhook.events)


def created_webhook(answer: webhook_service_pb2.CreateWebhookResponse) -> CreatedWebhook:
    """Return the webhook with its secret, which is shown this once."""
    webhook = answer.webhook
    created: CreatedWebhook = {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": rfc3339(webhook.created_at),
        "secret": answer.secret,
    }
    if answer.warnings:
        created["warnings"] = list(answer.warnings)
    return created
