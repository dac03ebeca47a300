"""The allowance of an account, or of a key, as RateLimit-* headers.

Source: draft-ietf-httpapi-ratelimit-headers-06 (the three-header form); RFC 9110 on Retry-After.
"""

from collections.abc import Mapping

from outscope.v1 import check_service_pb2


def allowance_headers(allowance: check_service_pb2.RateLimit) -> dict[str, str]:
    """Return what is left after a create; nothing without a limit."""
    if not allowance.limit:
        return {}
    return {
        "RateLimit-Limit": str(allowance.limit),
        "RateLimit-Remaining": str(allowance.remaining),
        "RateLimit-Reset": str(allowance.reset_s),
    }


def exceeded_headers(details: Mapping[str, object]) -> dict[str, str]:
    """Return when to come back and what the limit is, as far as the refusal says."""
    names = {
        "Retry-After": "retry_after_s",
        "RateLimit-Limit": "limit",
        "RateLimit-Remaining": "remaining",
        "RateLimit-Reset": "reset_s",
    }
    return {header: str(details[name]) for header, name in names.items() if name in details}
