"""What has been used of limits, as a message."""

from outscope.v1 import usage_service_pb2
from services.scheduler.domain.limits import Usage, Use


def usage_message(usage: Usage) -> usage_service_pb2.GetUsageResponse:
    """Return what has been used."""
    return usage_service_pb2.GetUsageResponse(
        rate=_use(usage.rate), in_flight=_use(usage.in_flight), monthly=_use(usage.monthly)
    )


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
