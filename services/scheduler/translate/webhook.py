"""Webhooks and their deliveries as messages."""

from outscope.v1 import delivery_service_pb2, messages_pb2, webhook_service_pb2
from services.scheduler.domain.check import CheckDetail
from services.scheduler.domain.delivery import DeliveryJob, DueDelivery
from services.scheduler.domain.webhook import Webhook
from services.scheduler.domain.webhook_headers import headers_in
from services.scheduler.translate.check import detail_message


def webhook_message(webhook: Webhook) -> webhook_service_pb2.Webhook:
    """Return a webhook without its secret."""
    message = webhook_service_pb2.Webhook(id=webhook.id, url=webhook.url, events=webhook.events)
    message.created_at.FromDatetime(webhook.created_at)
    return message


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
    )
    message.event_at.FromDatetime(delivery.event_at)
    return message
