"""The scheduler's word on usage as its answer."""

from outscope.limits import MAX_WEBHOOKS
from outscope.representation.moments import rfc3339
from outscope.v1 import usage_service_pb2
from services.gateway.schemas.usage import LimitUse, Usage, WebhookUse


def usage_representation(answer: usage_service_pb2.GetUsageResponse) -> Usage:
    """Return what the caller's key is held to, and what has been used of it."""
    return {
        "rate": _use(answer.rate),
        "in_flight": _use(answer.in_flight),
        "monthly": _use(answer.monthly),
        "webhooks": _webhooks(answer.webhooks),
    }


def _use(use: usage_service_pb2.LimitUse) -> LimitUse:
    return {
        "limit": use.limit if use.HasField("limit") else None,
        "used": use.used if use.HasField("used") else None,
        "remaining": use.remaining if use.HasField("remaining") else None,
        "reset_at": rfc3339(use.reset_at) if use.HasField("reset_at") else None,
        "scope": "key" if use.scope == "key" else "account",
    }


def _webhooks(webhooks: usage_service_pb2.WebhookUse) -> WebhookUse:
    return {
        # A scheduler one version older does not tell of webhooks.
        "limit": webhooks.limit or MAX_WEBHOOKS,
        "enabled": webhooks.enabled,
        "disabled": [
            {
                "id": each.id,
                "disabled_reason": each.disabled_reason,
                "disabled_at": rfc3339(each.disabled_at),
            }
            for each in webhooks.disabled
        ],
    }
