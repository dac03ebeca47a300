from datetime import UTC, datetime

import pytest

from outscope.v1 import webhook_service_pb2
from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.domain.delivery_history import (
    STATES_SHOWN_AS,
    DeliveryRecord,
    RecordedAttempt,
)
from services.scheduler.translate.delivery_history import delivery_record_message, states_asked
from services.scheduler.translate.moment import timestamp_of

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
STAMP = timestamp_of(MOMENT)


ATTEMPTS = (
    RecordedAttempt(
        attempt=2,
        attempted_at=MOMENT,
        duration_ms=5,
        status_code=503,
        error="http_status",
        answer="later",
    ),
    RecordedAttempt(
        attempt=1,
        attempted_at=MOMENT,
        duration_ms=7,
        status_code=None,
        error="timeout",
        answer="",
    ),
)


def record(**fields: object) -> DeliveryRecord:
    usual: dict[str, object] = {
        "id": "dlv_1",
        "message_id": "msg_1",
        "event_type": "check.failed",
        "event_at": MOMENT,
        "check_id": "chk_1",
        "sequence": 4,
        "state": DeliveryState.WAITING,
        "next_attempt_at": MOMENT,
        "ended_at": None,
    }
    return DeliveryRecord(**{**usual, **fields})  # type: ignore[arg-type]  # any field


def test_a_delivery_is_told_with_its_attempts() -> None:
    told = delivery_record_message(record(attempts=ATTEMPTS))
    assert told == webhook_service_pb2.WebhookDelivery(
        id="dlv_1",
        message_id="msg_1",
        event_type="check.failed",
        event_at=STAMP,
        check_id="chk_1",
        sequence=4,
        status=webhook_service_pb2.DELIVERY_STATUS_PENDING,
        next_attempt_at=STAMP,
        attempts=[
            webhook_service_pb2.DeliveryTry(
                attempt=2,
                attempted_at=STAMP,
                duration_ms=5,
                status_code=503,
                error="http_status",
                answer="later",
            ),
            webhook_service_pb2.DeliveryTry(
                attempt=1, attempted_at=STAMP, duration_ms=7, error="timeout"
            ),
        ],
    )
    assert not told.attempts[1].HasField("status_code")


def test_what_a_delivery_has_not_is_absent() -> None:
    told = delivery_record_message(
        record(
            check_id=None,
            sequence=None,
            state=DeliveryState.HELD,
            next_attempt_at=None,
            ended_at=MOMENT,
        )
    )
    assert (told.check_id, told.sequence) == ("", 0)
    assert not told.HasField("next_attempt_at")
    assert told.ended_at == STAMP


@pytest.mark.parametrize("state", DeliveryState)
def test_a_delivery_is_found_by_the_status_it_is_told_with(state: DeliveryState) -> None:
    told = delivery_record_message(record(state=state)).status
    assert state in (states_asked(told) or ())


def test_unspecified_is_any_and_an_unknown_number_none() -> None:
    assert states_asked(webhook_service_pb2.DELIVERY_STATUS_UNSPECIFIED) == ()
    assert states_asked(99) is None
    assert sum(len(states) for states in STATES_SHOWN_AS.values()) == len(DeliveryState)
