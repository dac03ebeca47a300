"""The deliveries of a webhook as answers, and the queries for them as messages."""

from collections.abc import Mapping
from typing import Final

from outscope.representation.moments import rfc3339
from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.delivery import (
    Delivery,
    DeliveryAttempt,
    DeliveryList,
    DeliveryListQuery,
    DeliveryStatus,
)
from services.gateway.translate.moment import moment_or_null

_STATUSES: Final[Mapping[DeliveryStatus, webhook_service_pb2.DeliveryStatus.ValueType]] = {
    "pending": webhook_service_pb2.DELIVERY_STATUS_PENDING,
    "delivered": webhook_service_pb2.DELIVERY_STATUS_DELIVERED,
    "failed": webhook_service_pb2.DELIVERY_STATUS_FAILED,
    "held": webhook_service_pb2.DELIVERY_STATUS_HELD,
}
_NAMES: Final = {number: name for name, number in _STATUSES.items()}


def delivery_list_message(
    webhook_id: str, query: DeliveryListQuery
) -> webhook_service_pb2.ListWebhookDeliveriesRequest:
    """Return the query as the scheduler's message."""
    return webhook_service_pb2.ListWebhookDeliveriesRequest(
        webhook_id=webhook_id,
        page_size=query.limit,
        cursor=query.cursor,
        status=_STATUSES[query.status]
        if query.status
        else webhook_service_pb2.DELIVERY_STATUS_UNSPECIFIED,
    )


def delivery_representation(delivery: webhook_service_pb2.WebhookDelivery) -> Delivery:
    """Return a delivery with its attempts."""
    return {
        "id": delivery.id,
        "message_id": delivery.message_id,
        "event_type": delivery.event_type,
        "event_at": rfc3339(delivery.event_at),
        "check_id": delivery.check_id or None,
        "sequence": delivery.sequence or None,
        "status": _NAMES.get(delivery.status, "pending"),
        "attempts": [_attempt(each) for each in delivery.attempts],
        "next_attempt_at": moment_or_null(delivery, "next_attempt_at"),
        "ended_at": moment_or_null(delivery, "ended_at"),
    }


def delivery_list(page: webhook_service_pb2.ListWebhookDeliveriesResponse) -> DeliveryList:
    """Return a page of deliveries."""
    return {
        "data": [delivery_representation(each) for each in page.deliveries],
        "pagination": {
            "next_cursor": page.next_cursor or None,
            "has_more": bool(page.next_cursor),
        },
    }


def _attempt(attempt: webhook_service_pb2.DeliveryTry) -> DeliveryAttempt:
    return {
        "attempt": attempt.attempt,
        "attempted_at": rfc3339(attempt.attempted_at),
        "duration_ms": attempt.duration_ms,
        "status_code": attempt.status_code if attempt.HasField("status_code") else None,
        "error": attempt.error or None,
        "answer": attempt.answer or None,
    }
