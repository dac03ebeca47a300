import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import webhook_service_pb2
from services.gateway.schemas.delivery import DeliveryListQuery
from services.gateway.schemas.request import validated
from services.gateway.translate.delivery import (
    delivery_list,
    delivery_list_message,
    delivery_representation,
)

MOMENT = Timestamp(seconds=1_776_765_600)
TOLD = "2026-04-21T10:00:00Z"


ATTEMPTS = [
    webhook_service_pb2.DeliveryTry(
        attempt=2,
        attempted_at=MOMENT,
        duration_ms=5,
        status_code=503,
        error="http_status",
        answer="later",
    ),
    webhook_service_pb2.DeliveryTry(attempt=1, attempted_at=MOMENT, duration_ms=9, error="timeout"),
]


def test_a_delivery_is_shown_with_its_attempts() -> None:
    delivery = webhook_service_pb2.WebhookDelivery(
        id="dlv_1",
        message_id="msg_1",
        event_type="check.failed",
        event_at=MOMENT,
        check_id="chk_1",
        sequence=7,
        status=webhook_service_pb2.DELIVERY_STATUS_PENDING,
        next_attempt_at=MOMENT,
        attempts=ATTEMPTS,
    )
    shown = delivery_representation(delivery)
    latest, first = shown.pop("attempts")  # type: ignore[misc]  # looked at apart
    assert latest == {
        "attempt": 2,
        "attempted_at": TOLD,
        "duration_ms": 5,
        "status_code": 503,
        "error": "http_status",
        "answer": "later",
    }
    assert (first["attempt"], first["error"]) == (1, "timeout")
    assert (first["status_code"], first["answer"]) == (None, None)
    assert shown == {
        "id": "dlv_1",
        "message_id": "msg_1",
        "event_type": "check.failed",
        "event_at": TOLD,
        "check_id": "chk_1",
        "sequence": 7,
        "status": "pending",
        "next_attempt_at": TOLD,
        "ended_at": None,
    }


@pytest.mark.parametrize("status", ["pending", "delivered", "failed", "held"])
def test_a_status_is_asked_for_by_the_name_it_is_shown_by(status: str) -> None:
    query = validated(DeliveryListQuery, {"limit": 5, "cursor": "cur_x", "status": status})
    message = delivery_list_message("whk_1", query)
    assert (message.webhook_id, message.page_size, message.cursor) == ("whk_1", 5, "cur_x")
    shown = delivery_representation(webhook_service_pb2.WebhookDelivery(status=message.status))
    assert shown["status"] == status


def test_without_a_status_any_is_asked_for() -> None:
    message = delivery_list_message("whk_1", validated(DeliveryListQuery, {}))
    assert message.status == webhook_service_pb2.DELIVERY_STATUS_UNSPECIFIED
    assert message.page_size == 30


def test_what_an_event_of_no_check_has_not_is_null() -> None:
    shown = delivery_representation(webhook_service_pb2.WebhookDelivery())
    assert (shown["check_id"], shown["sequence"]) == (None, None)


def test_a_page_tells_where_the_next_begins() -> None:
    page = webhook_service_pb2.ListWebhookDeliveriesResponse(
        deliveries=[webhook_service_pb2.WebhookDelivery(id="dlv_1")], next_cursor="cur_x"
    )
    told = delivery_list(page)
    assert [each["id"] for each in told["data"]] == ["dlv_1"]
    assert told["pagination"] == {"next_cursor": "cur_x", "has_more": True}
    last = delivery_list(webhook_service_pb2.ListWebhookDeliveriesResponse())
    assert last["pagination"] == {"next_cursor": None, "has_more": False}
