from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import usage_service_pb2
from services.gateway.translate.usage import usage_representation


def test_what_is_absent_is_null() -> None:
    answer = usage_service_pb2.GetUsageResponse(
        rate=usage_service_pb2.LimitUse(
            limit=10,
            used=0,
            remaining=10,
            reset_at=Timestamp(seconds=1_776_765_600),
            scope="key",
        ),
        in_flight=usage_service_pb2.LimitUse(used=3, scope="account"),
    )
    told = usage_representation(answer)
    assert told["rate"] == {
        "limit": 10,
        "used": 0,
        "remaining": 10,
        "reset_at": "2026-04-21T10:00:00Z",
        "scope": "key",
    }
    assert told["in_flight"] == {
        "limit": None,
        "used": 3,
        "remaining": None,
        "reset_at": None,
        "scope": "account",
    }
    assert told["monthly"]["used"] is None


def test_a_scheduler_that_tells_nothing_of_webhooks_leaves_the_limit() -> None:
    told = usage_representation(usage_service_pb2.GetUsageResponse())
    assert told["webhooks"] == {"limit": 100, "enabled": 0, "disabled": []}
