"""What has been used of limits, as a message."""

from collections.abc import Sequence

from outscope.limits import MAX_WEBHOOKS
from outscope.v1 import usage_service_pb2
from services.scheduler.domain.limits import Usage, Use
from services.scheduler.domain.webhook import Webhook


def usage_message(usage: Usage) -> usage_service_pb2.GetUsageResponse:
    """Return what has been used."""
    return usage_service_pb2.GetUsageResponse(
        rate=_use(usage.rate), in_flight=_use(usage.in_flight), monthly=_use(usage.monthly)
    )


def webhook_use_message(enabled: int, disabled: Sequence[Webhook]) -> usage_service_pb2.WebhookUse:
    """Return how many webhooks are enabled, and which are not."""
    message = usage_service_pb2.WebhookUse(limit=MAX_WEBHOOKS, enabled=enabled)
    for webhook in disabled:
        told = message.disabled.add(id=webhook.id, disabled_reason=webhook.disabled_reason or "")
        if webhook.disabled_at is not None:
            told.disabled_at.FromDatetime(webhook.disabled_at)
    return message


def _use(use: Use) -> usage_service_pb2.LimitUse:
    message = usage_service_pb2.LimitUse(
        limit=use.limit.most or None,
        used=use.used,
        remaining=use.remaining,
        scope=use.limit.scope,
    )
    if use.reset_at is not None:
        message.reset_at.FromDatetime(use.reset_at)
    return message
