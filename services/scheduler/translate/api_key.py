"""API keys as messages."""

from outscope.v1 import api_key_service_pb2
from services.scheduler.domain.api_key import ApiKey


def api_key_message(key: ApiKey) -> api_key_service_pb2.ApiKey:
    """Return what is kept of a key."""
    message = api_key_service_pb2.ApiKey(
        id=key.id, account_id=key.account_id, name=key.name, rate_limit=key.rate_limit
    )
    message.created_at.FromDatetime(key.created_at)
    if key.last_used_at is not None:
        message.last_used_at.FromDatetime(key.last_used_at)
    if key.expires_at is not None:
        message.expires_at.FromDatetime(key.expires_at)
    if key.revoked_at is not None:
        message.revoked_at.FromDatetime(key.revoked_at)
    return message
