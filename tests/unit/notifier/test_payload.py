"""The body of a webhook."""

import json

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2
from services.notifier.payload import payload_for

# 2026-04-21T10:00:00Z
CREATED_AT = Timestamp(seconds=1_776_765_600)
ENDED_AT = Timestamp(seconds=1_776_765_603, nanos=250_000_000)


def completed_check() -> check_pb2.Check:
    return check_pb2.Check(
        id="chk_1",
        status=check_pb2.CHECK_STATUS_COMPLETED,
        created_at=CREATED_AT,
        ended_at=ENDED_AT,
        spec=check_pb2.CheckSpec(fqdn="example.com", ports=[443], paths=["/"]),
        result=check_pb2.CheckResult(
            analysis=verdict_pb2.Analysis(reachable=True, speaks_http=True, kind="website"),
            dns=facts_pb2.DnsFacts(a_records=["93.184.216.34"]),
            paths=[facts_pb2.PathFacts(path="/", status_code=200, title="Añil — “x”")],
        ),
    )


def test_the_body_has_type_timestamp_and_the_check_as_get_returns_it() -> None:
    check = completed_check()
    assert json.loads(payload_for("check.completed", ENDED_AT, check)) == {
        "type": "check.completed",
        "timestamp": "2026-04-21T10:00:03Z",
        "data": json.loads(json.dumps(check_representation(check))),
    }


def test_a_failed_check_carries_its_failure_and_no_verdict() -> None:
    check = check_pb2.Check(
        id="chk_1",
        status=check_pb2.CHECK_STATUS_FAILED,
        created_at=CREATED_AT,
        spec=check_pb2.CheckSpec(fqdn="example.com"),
        failure=check_pb2.Failure(
            reason="target_refused", owner=facts_pb2.OWNER_POLICY, message="Not there."
        ),
    )
    event = json.loads(payload_for("check.failed", ENDED_AT, check))
    assert event["type"] == "check.failed"
    assert event["data"]["failure"]["reason"] == "target_refused"
    assert event["data"]["analysis"] is None


def test_the_body_is_utf_8_without_escapes_or_padding() -> None:
    body = payload_for("check.completed", ENDED_AT, completed_check())
    assert "Añil — “x”".encode() in body
    assert b'": ' not in body
