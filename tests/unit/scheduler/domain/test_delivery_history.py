from datetime import UTC, datetime

import pytest

from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.domain.delivery_history import (
    STATES_SHOWN_AS,
    DeliveryRecord,
    DeliveryStatus,
)

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def record(state: DeliveryState) -> DeliveryRecord:
    return DeliveryRecord(
        id="dlv_1",
        message_id="msg_1",
        event_type="check.failed",
        event_at=MOMENT,
        check_id="chk_1",
        sequence=1,
        state=state,
        next_attempt_at=None,
        ended_at=None,
    )


@pytest.mark.parametrize("state", DeliveryState)
def test_every_state_is_shown_as_the_one_status_it_is_found_by(state: DeliveryState) -> None:
    found_by = [status for status, states in STATES_SHOWN_AS.items() if state in states]
    assert found_by == [record(state).status]


def test_which_way_a_delivery_waits_is_not_shown() -> None:
    assert record(DeliveryState.WAITING).status is DeliveryStatus.PENDING
    assert record(DeliveryState.PUBLISHED).status is DeliveryStatus.PENDING
