import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from outscope.errors import InvalidRequest
from outscope.v1 import webhook_service_pb2
from services.gateway.translate.moment import moment_in, moment_or_null

SECONDS = 1_776_765_600


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("2026-04-21T10:00:00Z", 0),
        ("2026-04-21t10:00:00z", 0),
        ("2026-04-21 10:00:00Z", 0),
        ("2026-04-21T12:30:00+02:30", 0),
        ("2026-04-21T10:00:00.5Z", 500_000_000),
        ("2026-04-21T10:00:00.123456789Z", 123_456_000),
    ],
)
def test_every_spelling_of_rfc_3339_is_read(text: str, nanos: int) -> None:
    assert moment_in(text, "since") == Timestamp(seconds=SECONDS, nanos=nanos)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-04-21",
        "2026-04-21T10:00:00",
        "2026-04-21T10:00Z",
        "2026-13-01T10:00:00Z",
        "2026-02-30T10:00:00Z",
        "2026-04-21T25:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "20260421T100000Z",
        "1776765600",
        "٢٠٢٦-04-21T10:00:00Z",
        "2026-04-21T10:00:00Z\n",
    ],
)
def test_what_is_no_moment_is_refused_with_its_field_and_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest, match="2026-04-21T10:00:00Z") as refusal:
        moment_in(text, "since")
    assert (refusal.value.field, refusal.value.value) == ("since", text)


def test_an_absent_moment_is_null() -> None:
    webhook = webhook_service_pb2.Webhook()
    assert moment_or_null(webhook, "disabled_at") is None
    webhook.disabled_at.CopyFrom(Timestamp(seconds=SECONDS))
    assert moment_or_null(webhook, "disabled_at") == "2026-04-21T10:00:00Z"
