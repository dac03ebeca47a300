from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import InvalidRequest
from outscope.v1 import webhook_service_pb2
from services.scheduler.translate.moment import moment_in, timestamp_of

NOW = datetime(2026, 4, 21, 10, tzinfo=UTC)


def asked(since: Timestamp | None) -> webhook_service_pb2.RecoverWebhookRequest:
    return webhook_service_pb2.RecoverWebhookRequest(since=since)


def test_a_moment_of_the_past_is_read() -> None:
    assert moment_in(asked(timestamp_of(NOW)), "since", now=NOW) == NOW
    assert moment_in(asked(Timestamp(seconds=0, nanos=5000)), "since", now=NOW) == datetime(
        1970, 1, 1, 0, 0, 0, 5, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "since",
    [
        None,
        timestamp_of(NOW + timedelta(seconds=1)),
        Timestamp(seconds=10**15),
        Timestamp(seconds=-(10**15)),
        Timestamp(nanos=-1),
    ],
)
def test_what_is_no_moment_of_the_past_is_refused_by_its_field(since: Timestamp | None) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        moment_in(asked(since), "since", now=NOW)
    assert refusal.value.field == "since"


def test_none_stays_absent() -> None:
    assert timestamp_of(None) is None
