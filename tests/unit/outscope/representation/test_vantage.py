import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import TypeAdapter

from outscope.representation.vantage import VantageView, seen, vantage_representation
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2

PENDING = check_pb2.VantageView(vantage_point="eu-west-1", status=check_pb2.CHECK_STATUS_PENDING)
COMPLETED = check_pb2.VantageView(
    vantage_point="eu-west-1",
    status=check_pb2.CHECK_STATUS_COMPLETED,
    ended_at=Timestamp(seconds=1_776_765_602),
    result=check_pb2.CheckResult(
        analysis=verdict_pb2.Analysis(reachable=True, kind="api"),
        paths=[facts_pb2.PathFacts(path="/", status_code=200)],
        observer=check_pb2.Observer(vantage_point="eu-west-1"),
    ),
    samples=[facts_pb2.ContentSample(path="/", body=b"hello")],
)
FAILED = check_pb2.VantageView(
    vantage_point="eu-west-1",
    status=check_pb2.CHECK_STATUS_FAILED,
    ended_at=Timestamp(seconds=1_776_765_602),
    failure=check_pb2.Failure(
        reason="vantage_unavailable", owner=facts_pb2.OWNER_OURS, message="Nobody is there."
    ),
)


def test_one_that_has_not_ended_shows_nothing_yet() -> None:
    shown = vantage_representation(PENDING)
    assert (shown["status"], shown["analysis"], shown["paths"]) == ("pending", None, [])
    assert shown["completed_at"] is None


def test_one_that_completed_shows_what_it_saw_with_its_own_samples() -> None:
    shown = vantage_representation(COMPLETED)
    assert shown["analysis"] is not None
    assert shown["analysis"]["kind"] == "api"
    sample = shown["paths"][0]["sample"]
    assert sample is not None
    assert sample["body"] == "hello"
    assert shown["completed_at"] == "2026-04-21T10:00:02Z"


def test_one_that_failed_says_why() -> None:
    shown = vantage_representation(FAILED)
    assert shown["failure"] == {
        "reason": "vantage_unavailable",
        "owner": "ours",
        "message": "Nobody is there.",
    }
    assert shown["analysis"] is None


def test_of_no_result_nothing_was_seen() -> None:
    assert not any(seen(check_pb2.CheckResult(), []).values())


@pytest.mark.parametrize("view", [PENDING, COMPLETED, FAILED])
def test_every_view_has_exactly_the_declared_fields(view: check_pb2.VantageView) -> None:
    shown = vantage_representation(view)
    assert TypeAdapter(VantageView).validate_python(shown, strict=True) == shown
