"""API keys as messages."""

from typing import Final, Literal

from outscope.v1 import api_key_service_pb2
from services.scheduler.domain.api_key import ApiKey

_Name = Literal["rate_limit", "inflight_limit", "monthly_quota"]

_THE_ACCOUNT_S: Final = -1


def api_key_message(key: ApiKey) -> api_key_service_pb2.ApiKey:
    """Return what is kept of a key."""
    message = api_key_service_pb2.ApiKey(
        id=key.id,
        account_id=key.account_id,
        name=key.name,
        rate_limit=key.rate_limit,
        inflight_limit=key.inflight_limit,
        monthly_quota=key.monthly_quota,
    )
    message.created_at.FromDatetime(key.created_at)
    if key.last_used_at is not None:
        message.last_used_at.FromDatetime(key.last_used_at)
    if key.expires_at is not None:
        message.expires_at.FromDatetime(key.expires_at)
    if key.revoked_at is not None:
        message.revoked_at.FromDatetime(key.revoked_at)
    return message


def limits_asked(request: api_key_service_pb2.LimitApiKeyRequest) -> dict[str, int | None]:
    """Return the limits to set, by name; None for the account's."""
    names: tuple[_Name, ...] = ("rate_limit", "inflight_limit", "monthly_quota")
    asked = {name: getattr(request, name) for name in names if request.HasField(name)}
    return {name: None if value == _THE_ACCOUNT_S else value for name, value in asked.items()}
