"""Webhooks and their deliveries as messages."""

from collections.abc import Mapping
from typing import Final

from outscope.v1 import delivery_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.domain.check import CheckDetail
from services.scheduler.domain.delivery import DeliveryJob, DueDelivery
from services.scheduler.domain.secret_access import Access, NotedAccess
from services.scheduler.domain.webhook import Payload, Webhook
from services.scheduler.domain.webhook_headers import headers_in
from services.scheduler.domain.webhook_settings import V1, V1A
from services.scheduler.translate.detail import detail_message
from services.scheduler.translate.moment import timestamp_of

_PAYLOADS: Final[Mapping[Payload, webhook_service_pb2.WebhookPayload.ValueType]] = {
    Payload.FULL: webhook_service_pb2.WEBHOOK_PAYLOAD_FULL,
    Payload.THIN: webhook_service_pb2.WEBHOOK_PAYLOAD_THIN,
}
_ACTIONS: Final[Mapping[Access, str]] = {Access.READ: "read", Access.ROTATED: "rotated"}


def webhook_message(webhook: Webhook) -> webhook_service_pb2.Webhook:
    """Return a webhook without what is secret of it."""
    return webhook_service_pb2.Webhook(
        id=webhook.id,
        url=webhook.url,
        events=webhook.events,
        created_at=timestamp_of(webhook.created_at),
        description=webhook.description,
        fqdn=webhook.fqdn or "",
        vantage_points=webhook.vantage_points,
        payload=_PAYLOADS[webhook.payload],
        signatures=(V1, V1A) if webhook.has_signing_key else (V1,),
        header_names=webhook.header_names,
        enabled=webhook.disabled_at is None,
        disabled_reason=webhook.disabled_reason or "",
        disabled_at=timestamp_of(webhook.disabled_at),
        failing_since=timestamp_of(webhook.failing_since),
        slowed_until=timestamp_of(webhook.slowed_until),
        updated_at=timestamp_of(webhook.updated_at or webhook.created_at),
        old_secret_signs_until=timestamp_of(webhook.old_secret_signs_until),
        unreadable=webhook.unreadable,
    )


def access_message(access: NotedAccess) -> webhook_service_pb2.SecretAccess:
    """Return who read or rotated a secret."""
    return webhook_service_pb2.SecretAccess(
        action=_ACTIONS[access.action], at=timestamp_of(access.at), key_id=access.key_id
    )


def delivery_payload(job: DeliveryJob) -> bytes:
    """Return a delivery job as it travels; the secret does not travel with it."""
    message = messages_pb2.DeliveryJob(delivery_id=job.delivery_id, attempt=job.attempt)
    return message.SerializeToString()


def delivery_message(
    delivery: DueDelivery, detail: CheckDetail | None
) -> delivery_service_pb2.GetDeliveryResponse:
    """Return all the notifier needs to make an attempt, of a delivery whose seals are opened.

    detail is of the check it tells of.
    """
    message = delivery_service_pb2.GetDeliveryResponse(
        webhook_id=delivery.message_id,
        url=delivery.url,
        secret=delivery.secret,
        event_type=delivery.event_type,
        check=None if detail is None else detail_message(detail),
        secrets=(delivery.secret, *delivery.old_secrets),
        signing_key=delivery.signing_key or "",
        headers=headers_in(delivery.headers) if delivery.headers else {},
        is_thin=delivery.is_thin,
        sequence=delivery.sequence or 0,
        detail=delivery.detail or "",
        account_id=delivery.account_id,
        request_id=delivery.request_id,
    )
    message.event_at.FromDatetime(delivery.event_at)
    return message
