"""The body of a webhook."""

import json

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, delivery_service_pb2, facts_pb2, verdict_pb2
from services.notifier.payload import MAX_BODY_BYTES, ToldChecks, payload_for

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


def delivery(
    check: check_pb2.Check | None,
    event_type: str = "check.completed",
    *,
    sequence: int = 0,
    detail: str = "",
    is_thin: bool = False,
) -> delivery_service_pb2.GetDeliveryResponse:
    return delivery_service_pb2.GetDeliveryResponse(
        event_type=event_type,
        event_at=ENDED_AT,
        check=check,
        sequence=sequence,
        detail=detail,
        is_thin=is_thin,
    )


def large_check(title: str) -> check_pb2.Check:
    check = completed_check()
    del check.result.paths[:]
    check.result.paths.extend(
        facts_pb2.PathFacts(path=f"/{number}", status_code=200, title=title) for number in range(20)
    )
    return check


def test_the_body_has_type_timestamp_and_the_check_as_get_returns_it() -> None:
    check = completed_check()
    assert json.loads(payload_for(delivery(check))) == {
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
    event = json.loads(payload_for(delivery(check, "check.failed")))
    assert event["type"] == "check.failed"
    assert event["data"]["failure"]["reason"] == "target_refused"
    assert event["data"]["analysis"] is None


def test_the_body_is_utf_8_without_escapes_or_padding() -> None:
    body = payload_for(delivery(completed_check()))
    assert "Añil — “x”".encode() in body
    assert b'": ' not in body


def test_the_number_of_a_delivery_is_in_the_body_when_it_is_known() -> None:
    body = json.loads(payload_for(delivery(completed_check(), sequence=7)))
    assert body["sequence"] == 7
    assert list(body) == ["type", "timestamp", "sequence", "data"]


def test_the_type_of_an_event_stays_within_its_field() -> None:
    event_type = 'check."é\\\n'
    body = json.loads(payload_for(delivery(completed_check(), event_type, sequence=7)))
    assert (body["type"], body["sequence"]) == (event_type, 7)


def test_a_thin_body_has_the_ids_of_the_check() -> None:
    assert json.loads(payload_for(delivery(completed_check(), sequence=7, is_thin=True))) == {
        "type": "check.completed",
        "timestamp": "2026-04-21T10:00:03Z",
        "sequence": 7,
        "payload": "thin",
        "data": {"id": "chk_1", "fqdn": "example.com", "status": "completed"},
    }


def test_a_check_that_does_not_fit_is_told_thin_and_the_body_says_so() -> None:
    body = payload_for(delivery(large_check("x" * 20_000)))
    assert json.loads(body) == {
        "type": "check.completed",
        "timestamp": "2026-04-21T10:00:03Z",
        "payload": "thin",
        "payload_reason": "too_large",
        "data": {"id": "chk_1", "fqdn": "example.com", "status": "completed"},
    }


def test_a_body_is_measured_in_bytes_and_may_have_just_as_many_as_fit() -> None:
    small = len(payload_for(delivery(large_check("x"))))
    fits = 1 + (MAX_BODY_BYTES - small) // 20
    assert b'"payload"' not in payload_for(delivery(large_check("x" * fits)))
    assert b'"too_large"' in payload_for(delivery(large_check("x" * (fits + 1))))
    assert b'"too_large"' in payload_for(delivery(large_check("ñ" * (fits // 2 + 1))))


def test_an_event_that_is_not_of_a_check_tells_its_detail() -> None:
    told = delivery(None, "webhook.disabled", sequence=2, detail='{"webhook_id": "whk_1"}')
    assert json.loads(payload_for(told)) == {
        "type": "webhook.disabled",
        "timestamp": "2026-04-21T10:00:03Z",
        "sequence": 2,
        "data": {"webhook_id": "whk_1"},
    }


def test_a_check_told_beside_its_delivery_gives_the_same_bytes() -> None:
    check = completed_check()
    for is_thin in (False, True):
        own = payload_for(delivery(check, sequence=7, is_thin=is_thin))
        told = ToldChecks().of(check)
        assert payload_for(delivery(None, sequence=7, is_thin=is_thin), told) == own


def test_a_check_too_large_beside_its_delivery_is_told_by_its_ids() -> None:
    check = large_check("x" * 20_000)
    told = payload_for(delivery(None), ToldChecks().of(check))
    assert told == payload_for(delivery(check))
    assert json.loads(told)["payload_reason"] == "too_large"


def test_a_check_is_written_once_and_anew_when_anything_of_it_differs() -> None:
    checks = ToldChecks(most=2)
    first = checks.of(completed_check())
    assert checks.of(completed_check()) is first
    changed = completed_check()
    changed.result.paths[0].status_code = 404
    assert json.loads(checks.of(changed).full)["paths"] != json.loads(first.full)["paths"]
    checks.of(large_check("y"))
    assert checks.of(completed_check()) is not first
