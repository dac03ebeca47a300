"""What became of deliveries, as messages."""

from collections.abc import Mapping
from typing import Final

from outscope.v1 import webhook_service_pb2
from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.domain.delivery_history import (
    STATES_SHOWN_AS,
    DeliveryRecord,
    DeliveryStatus,
    RecordedAttempt,
)
from services.scheduler.translate.moment import timestamp_of

_STATUSES: Final[Mapping[DeliveryStatus, webhook_service_pb2.DeliveryStatus.ValueType]] = {
    DeliveryStatus.PENDING: webhook_service_pb2.DELIVERY_STATUS_PENDING,
    DeliveryStatus.DELIVERED: webhook_service_pb2.DELIVERY_STATUS_DELIVERED,
    DeliveryStatus.FAILED: webhook_service_pb2.DELIVERY_STATUS_FAILED,
    DeliveryStatus.HELD: webhook_service_pb2.DELIVERY_STATUS_HELD,
}
_STATES: Final[Mapping[int, tuple[DeliveryState, ...]]] = {
    webhook_service_pb2.DELIVERY_STATUS_UNSPECIFIED: (),
    **{number: STATES_SHOWN_AS[status] for status, number in _STATUSES.items()},
}


def states_asked(status: int) -> tuple[DeliveryState, ...] | None:
    """Return the states shown as a status, none of them for any; None when there is no such."""
    return _STATES.get(status)


def delivery_record_message(delivery: DeliveryRecord) -> webhook_service_pb2.WebhookDelivery:
    """Return a delivery with its attempts."""
    return webhook_service_pb2.WebhookDelivery(
        id=delivery.id,
        message_id=delivery.message_id,
        event_type=delivery.event_type,
        event_at=timestamp_of(delivery.event_at),
        check_id=delivery.check_id or "",
        sequence=delivery.sequence or 0,
        status=_STATUSES[delivery.status],
        attempts=[_attempt(each) for each in delivery.attempts],
        next_attempt_at=timestamp_of(delivery.next_attempt_at),
        ended_at=timestamp_of(delivery.ended_at),
    )


def _attempt(attempt: RecordedAttempt) -> webhook_service_pb2.DeliveryTry:
    return webhook_service_pb2.DeliveryTry(
        attempt=attempt.attempt,
        attempted_at=timestamp_of(attempt.attempted_at),
        duration_ms=attempt.duration_ms,
        status_code=attempt.status_code,
        error=attempt.error,
        answer=attempt.answer,
    )
