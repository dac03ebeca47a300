import json
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import TypeAdapter

from outscope.representation.check import Check, check_representation
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2

CREATED = Timestamp(seconds=1_776_765_600)
ENDED = Timestamp(seconds=1_776_765_602)
SPEC = check_pb2.CheckSpec(
    fqdn="example.com",
    ports=[80, 443],
    paths=["/"],
    vantage_point="eu-west-1",
    content_retention_days=7,
)


def pending() -> check_pb2.Check:
    return check_pb2.Check(
        id="chk_abc123", status=check_pb2.CHECK_STATUS_PENDING, created_at=CREATED, spec=SPEC
    )


def completed() -> check_pb2.Check:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_COMPLETED
    check.ended_at.CopyFrom(ENDED)
    check.result.CopyFrom(
        check_pb2.CheckResult(
            analysis=verdict_pb2.Analysis(reachable=True, kind="api"),
            dns=facts_pb2.DnsFacts(a_records=["93.184.216.34"]),
            ports=[facts_pb2.PortFacts(port=443, state=facts_pb2.TCP_STATE_OPEN)],
            paths=[
                facts_pb2.PathFacts(path="/", status_code=200),
                facts_pb2.PathFacts(path="/api", status_code=404),
            ],
            observer=check_pb2.Observer(
                vantage_point="eu-west-1",
                prober_id="prb-1",
                prober_version="0.1.0",
                started_at=CREATED,
                duration_ms=120,
                egress_addresses=["198.51.100.7"],
                has_ipv6=False,
                user_agent="OutScope/0.1.0",
            ),
        )
    )
    check.samples.append(facts_pb2.ContentSample(path="/api", body=b"no such thing"))
    return check


def failed() -> check_pb2.Check:
    check = pending()
    check.status = check_pb2.CHECK_STATUS_FAILED
    check.ended_at.CopyFrom(ENDED)
    check.failure.CopyFrom(
        check_pb2.Failure(
            reason="target_refused", owner=facts_pb2.OWNER_POLICY, message="A private address"
        )
    )
    return check


def shown(check: check_pb2.Check) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(check_representation(check)))
    return loaded


def test_a_pending_check_has_no_verdict_and_empty_lists() -> None:
    assert shown(pending()) == {
        "id": "chk_abc123",
        "fqdn": "example.com",
        "status": "pending",
        "analysis": None,
        "dns": None,
        "ports": [],
        "paths": [],
        "control": None,
        "discovered": [],
        "failure": None,
        "created_at": "2026-04-21T10:00:00Z",
        "completed_at": None,
        "rejudged_at": None,
        "vantage_point": "eu-west-1",
        "request": {
            "ports": [80, 443],
            "paths": ["/"],
            "include_content_sample": False,
            "content_retention_days": 7,
            "dns_records": False,
            "tls_versions": False,
            "max_redirects": 0,
            "all_addresses": False,
            "http2": False,
            "discovery": "off",
            "vantage_points": [],
            "quorum": None,
        },
        "observer": None,
        "vantages": [],
        "agreement": None,
    }


OPTIONS = {
    "dns_records": True,
    "tls_versions": True,
    "max_redirects": 4,
    "all_addresses": True,
    "http2": True,
}


@pytest.mark.parametrize("option", sorted(OPTIONS))
def test_what_was_asked_for_beyond_the_ordinary_is_shown(option: str) -> None:
    check = pending()
    setattr(check.spec, option, OPTIONS[option])
    request = shown(check)["request"]
    assert {name: request[name] for name in OPTIONS if request[name]} == {option: OPTIONS[option]}


@pytest.mark.parametrize("word", ["off", "standard", "deep"])
def test_how_much_was_requested_beyond_the_paths_is_shown(word: str) -> None:
    check = pending()
    check.spec.discovery = check_pb2.Discovery.Value(f"DISCOVERY_{word.upper()}")
    assert shown(check)["request"]["discovery"] == word


def test_what_was_requested_beyond_the_paths_is_shown_as_paths_are() -> None:
    check = completed()
    check.result.control.CopyFrom(facts_pb2.PathFacts(path="/x7", status_code=404))
    check.result.discovered.add(path="/openapi.json", status_code=200)
    answer = shown(check)
    assert (answer["control"]["path"], answer["control"]["status_code"]) == ("/x7", 404)
    assert [path["path"] for path in answer["discovered"]] == ["/openapi.json"]
    assert set(answer["control"]) == set(answer["discovered"][0]) == set(answer["paths"][0])


def test_a_completed_check_shows_what_was_seen_and_by_whom() -> None:
    check = shown(completed())
    assert check["status"] == "completed"
    assert check["completed_at"] == "2026-04-21T10:00:02Z"
    assert check["analysis"]["kind"] == "api"
    assert check["dns"]["a_records"] == ["93.184.216.34"]
    assert [port["port"] for port in check["ports"]] == [443]
    assert [path["status_code"] for path in check["paths"]] == [200, 404]
    assert check["failure"] is None
    assert check["observer"] == {
        "vantage_point": "eu-west-1",
        "prober_id": "prb-1",
        "prober_version": "0.1.0",
        "started_at": "2026-04-21T10:00:00Z",
        "duration_ms": 120,
        "egress_addresses": ["198.51.100.7"],
        "has_ipv6": False,
        "user_agent": "OutScope/0.1.0",
        "report_shortened": False,
    }


def test_a_sample_goes_to_the_path_it_was_taken_from() -> None:
    bodies = [path["sample"] and path["sample"]["body"] for path in shown(completed())["paths"]]
    assert bodies == [None, "no such thing"]


def test_a_failed_check_says_why_and_whose_fault_it_is_and_gives_no_verdict() -> None:
    check = shown(failed())
    assert check["status"] == "failed"
    assert check["failure"] == {
        "reason": "target_refused",
        "owner": "policy",
        "message": "A private address",
    }
    assert check["analysis"] is None
    assert check["dns"] is None
    assert check["completed_at"] == "2026-04-21T10:00:02Z"


def from_several() -> check_pb2.Check:
    """Return a check that one vantage point has completed and another could not look for."""
    check = completed()
    check.spec.ClearField("vantage_point")
    check.spec.vantage_points.extend(["eu-west-1", "us-east-1"])
    check.vantages.add(
        vantage_point="eu-west-1",
        status=check.status,
        result=check.result,
        ended_at=ENDED,
        samples=check.samples,
    )
    check.vantages.add(
        vantage_point="us-east-1",
        status=check_pb2.CHECK_STATUS_FAILED,
        failure=failed().failure,
        ended_at=ENDED,
    )
    check.agreement.code = "agree"
    check.agreement.counted.append("eu-west-1")
    return check


def test_a_check_from_several_vantage_points_shows_each_beside_the_merged_view() -> None:
    check = shown(from_several())
    assert check["vantage_point"] is None
    assert check["request"]["vantage_points"] == ["eu-west-1", "us-east-1"]
    assert check["request"]["quorum"] == "majority"
    assert [view["vantage_point"] for view in check["vantages"]] == ["eu-west-1", "us-east-1"]
    for member in ("analysis", "dns", "ports", "paths", "observer"):
        assert check[member] == check["vantages"][0][member]
    assert check["vantages"][1]["failure"]["reason"] == "target_refused"
    assert check["agreement"] == {"code": "agree", "counted": ["eu-west-1"], "dissents": []}


CHECKS = [pending(), completed(), failed(), from_several(), check_pb2.Check()]


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_has_exactly_the_declared_fields_and_types(check: check_pb2.Check) -> None:
    declared = TypeAdapter(Check).validate_python(check_representation(check), strict=True)
    assert declared == check_representation(check)


def test_a_verdict_reached_anew_tells_when() -> None:
    check = pending()
    check.rejudged_at.FromSeconds(1_776_765_601)
    assert shown(check)["rejudged_at"] == "2026-04-21T10:00:01Z"
