import pytest

from outscope.bus.subjects import (
    DELIVERIES_STREAM,
    DELIVERY_ATTEMPTS_STREAM,
    JOBS_STREAM,
    REPORTS_STREAM,
)
from outscope.v1 import messages_pb2
from services.scheduler.translate.stored import named_in


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (JOBS_STREAM.name, messages_pb2.ProbeJob(probe_id="row", attempt=2)),
        (REPORTS_STREAM.name, messages_pb2.ProbeReport(probe_id="row", attempt=2)),
        (DELIVERIES_STREAM.name, messages_pb2.DeliveryJob(delivery_id="row", attempt=2)),
        (DELIVERY_ATTEMPTS_STREAM.name, messages_pb2.DeliveryAttempt(delivery_id="row", attempt=2)),
    ],
)
def test_a_message_names_its_row(
    stream: str,
    message: messages_pb2.ProbeJob
    | messages_pb2.ProbeReport
    | messages_pb2.DeliveryJob
    | messages_pb2.DeliveryAttempt,
) -> None:
    assert named_in(stream, message.SerializeToString()) == ("row", 2)


@pytest.mark.parametrize("payload", [b"", b"\xff"])
def test_a_message_that_names_no_row_is_unreadable(payload: bytes) -> None:
    assert named_in(JOBS_STREAM.name, payload) is None
