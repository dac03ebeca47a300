"""The scheduler's word on usage as its answer."""

from outscope.representation.moments import rfc3339
from outscope.v1 import usage_service_pb2
from services.gateway.schemas.usage import LimitUse, Usage


def usage_representation(answer: usage_service_pb2.GetUsageResponse) -> Usage:
    """Return what the caller's key is held to, and what has been used of it."""
    return {
        "rate": _use(answer.rate),
        "in_flight": _use(answer.in_flight),
        "monthly": _use(answer.monthly),
    }


def _use(use: usage_service_pb2.LimitUse) -> LimitUse:
    return {
        "limit": use.limit if use.HasField("limit") else None,
        "used": use.used if use.HasField("used") else None,
        "remaining": use.remaining if use.HasField("remaining") else None,
        "reset_at": rfc3339(use.reset_at) if use.HasField("reset_at") else None,
        "scope": "key" if use.scope == "key" else "account",
    }
