"""What a caller asks of a webhook: its messages as checked settings."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from outscope.errors import InvalidRequest
from outscope.netguard.policy import Policy
from outscope.v1 import webhook_service_pb2
from services.scheduler.domain.webhook import Payload, checked_events, checked_url
from services.scheduler.domain.webhook_headers import checked_headers
from services.scheduler.domain.webhook_settings import (
    V1A,
    WebhookChange,
    WebhookSettings,
    checked_description,
    checked_filter,
    checked_vantage_points,
    signs_v1a,
)

_PAYLOADS: Final[Mapping[int, Payload]] = {
    webhook_service_pb2.WEBHOOK_PAYLOAD_UNSPECIFIED: Payload.FULL,
    webhook_service_pb2.WEBHOOK_PAYLOAD_FULL: Payload.FULL,
    webhook_service_pb2.WEBHOOK_PAYLOAD_THIN: Payload.THIN,
}
Asked = webhook_service_pb2.CreateWebhookRequest | webhook_service_pb2.UpdateWebhookRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What settings are checked against."""

    policy: Policy
    vantage_points: Collection[str]


def settings_asked(
    request: webhook_service_pb2.CreateWebhookRequest, around: Surroundings
) -> WebhookSettings:
    """Return the settings of a new webhook, or raise InvalidRequest naming the field."""
    return WebhookSettings(
        url=checked_url(request.url, around.policy),
        events=checked_events(request.events),
        description=checked_description(request.description),
        fqdn=checked_filter(request.fqdn),
        vantage_points=checked_vantage_points(request.vantage_points, around.vantage_points),
        payload=_payload(request),
        signs_v1a=signs_v1a(request.signatures),
        headers=checked_headers(request.headers),
    )


def normalised_request(settings: WebhookSettings) -> webhook_service_pb2.CreateWebhookRequest:
    """Return the one message for these settings; what is as usual is left out, as it was before."""
    request = webhook_service_pb2.CreateWebhookRequest(
        url=settings.url,
        events=settings.events,
        description=settings.description,
        fqdn=settings.fqdn or "",
        vantage_points=settings.vantage_points,
        headers=settings.headers,
    )
    if settings.payload is Payload.THIN:
        request.payload = webhook_service_pb2.WEBHOOK_PAYLOAD_THIN
    if settings.signs_v1a:
        request.signatures.append(V1A)
    return request


_COLUMNS: Final[Mapping[str, Callable[[Asked, Surroundings], object]]] = {
    "url": lambda asked, around: checked_url(asked.url, around.policy),
    "events": lambda asked, _: list(checked_events(asked.events)),
    "description": lambda asked, _: checked_description(asked.description),
    "fqdn": lambda asked, _: checked_filter(asked.fqdn),
    "vantage_points": lambda asked, around: list(
        checked_vantage_points(asked.vantage_points, around.vantage_points)
    ),
    "payload": lambda asked, _: str(_payload(asked)),
}
CHANGEABLE: Final = (*_COLUMNS, "signatures", "headers", "enabled")


def change_asked(
    request: webhook_service_pb2.UpdateWebhookRequest, around: Surroundings
) -> WebhookChange:
    """Return what the mask names, checked as that of a new webhook is, or raise InvalidRequest."""
    named = frozenset(request.update_mask.paths)
    for path in request.update_mask.paths:
        if path not in CHANGEABLE:
            raise InvalidRequest(
                f"That cannot be changed; there are {', '.join(CHANGEABLE)}",
                field="update_mask",
                value=path,
            )
    return WebhookChange(
        columns={
            name: checked(request, around) for name, checked in _COLUMNS.items() if name in named
        },
        signs_v1a=signs_v1a(request.signatures) if "signatures" in named else None,
        headers=checked_headers(request.headers) if "headers" in named else None,
        enabled=request.enabled if "enabled" in named else None,
    )


def _payload(request: Asked) -> Payload:
    payload = _PAYLOADS.get(request.payload)
    if payload is None:
        raise InvalidRequest(
            "There is no such payload; there are full and thin",
            field="payload",
            value=request.payload,
        )
    return payload
