from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.moments import rfc3339


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 4, 21, 10, 0, 0, tzinfo=UTC), "2026-04-21T10:00:00Z"),
        (datetime(2026, 4, 21, 10, 0, 0, 999_999, tzinfo=UTC), "2026-04-21T10:00:00Z"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    ],
)
def test_a_moment_is_whole_seconds_in_utc(moment: datetime, text: str) -> None:
    timestamp = Timestamp()
    timestamp.FromDatetime(moment)
    assert rfc3339(timestamp) == text
