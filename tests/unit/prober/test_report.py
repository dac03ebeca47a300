from dataclasses import replace
from datetime import UTC

from outscope import VERSION
from outscope.failures import FailureReason
from outscope.v1 import facts_pb2, messages_pb2
from services.prober.facts import (
    BudgetKind,
    CheckSpec,
    Failure,
    Outcome,
    OutcomeCode,
    Owner,
    PortFacts,
    Postponed,
    TcpState,
)
from services.prober.judge.verdict import Evidence
from services.prober.report import failure_report, postponed_report, result_report
from tests.unit.prober.reporting import FACTS, JOB, MOMENT, OBSERVER, OK, PATH, VERDICT, reported


def test_what_is_put_off_is_reported_with_its_wait_and_why() -> None:
    postponed = Postponed(wait_s=0.0001, used_up=BudgetKind.ADDRESS)
    report = postponed_report(JOB, postponed)
    assert report.WhichOneof("outcome") == "postponed"
    assert (report.probe_id, report.attempt) == (JOB.probe_id, JOB.attempt)
    assert report.postponed.wait_ms == 1
    assert report.postponed.used_up == messages_pb2.BUDGET_KIND_ADDRESS
    untold = postponed_report(JOB, Postponed(wait_s=2.0))
    assert untold.postponed.used_up == messages_pb2.BUDGET_KIND_UNSPECIFIED


def test_the_report_answers_the_attempt_it_was_asked_for() -> None:
    report = reported()
    assert (report.probe_id, report.check_id, report.attempt) == ("prb_1", "chk_1", 3)
    assert report.WhichOneof("outcome") == "result"


def test_the_result_says_who_looked_from_where() -> None:
    observer = reported().result.observer
    assert (observer.vantage_point, observer.prober_id) == ("eu-west-1", "prober-1")
    assert observer.prober_version == VERSION
    assert observer.started_at.ToDatetime(UTC) == MOMENT
    assert list(observer.egress_addresses) == ["198.51.100.7", "2001:db8::7"]
    assert observer.HasField("has_ipv6")
    assert not observer.has_ipv6
    assert (observer.duration_ms, observer.user_agent) == (12, "OutScope/test")


def test_every_header_the_verdict_cites_is_reported_where_it_cites_it() -> None:
    evidence = (
        Evidence(rule="r", field="paths[0].headers.x-unlisted", value="kept"),
        Evidence(rule="r", field="ports[0].probe.headers.set-cookie", value="sid=secret"),
    )
    verdict = replace(VERDICT, reasons=(replace(VERDICT.reasons[0], evidence=evidence),))
    result = result_report(JOB, FACTS, verdict, OBSERVER).result
    assert "x-unlisted" in [header.name for header in result.paths[0].headers]
    [header] = result.ports[0].probe.headers
    assert (header.name, header.value) == ("set-cookie", "sid=[redacted]")


def test_a_path_is_reported_with_selected_headers_and_no_credential() -> None:
    [path] = reported().result.paths
    assert path.path == "/x"
    assert path.url == "https://site.test/x"
    assert path.status_code == 200
    assert path.content_type == "text/html"
    assert path.body_bytes == 16
    assert path.truncated
    assert path.title == "T"
    assert path.location == "/y"
    assert [(header.name, header.value) for header in path.headers] == [
        ("server", "demo"),
        ("set-cookie", "sid=[redacted]"),
    ]


def test_samples_are_only_sent_when_asked_for() -> None:
    assert list(reported().samples) == []
    asked = replace(FACTS, spec=CheckSpec(fqdn="site.test", include_content_sample=True))
    [sample] = reported(asked).samples
    assert sample.path == "/x"
    assert sample.body == b"<title>T</title>"
    assert sample.truncated
    assert ("x-unlisted", "kept in samples") in [(each.name, each.value) for each in sample.headers]


def test_no_secret_of_the_target_is_anywhere_in_a_report() -> None:
    asked = replace(FACTS, spec=CheckSpec(fqdn="site.test", include_content_sample=True))
    assert b"secret" not in reported(asked).SerializeToString()


def test_of_a_long_value_the_beginning_is_reported() -> None:
    long = Evidence(rule="r", field="paths[0].title", value="x" * 5000)
    verdict = replace(VERDICT, reasons=(replace(VERDICT.reasons[0], evidence=(long,)),))
    [reason] = result_report(JOB, FACTS, verdict, OBSERVER).result.analysis.reasons
    assert reason.evidence[0].value == "x" * 256


def test_the_verdict_is_reported_whole() -> None:
    analysis = reported().result.analysis
    assert analysis.reachable
    assert analysis.speaks_http
    assert analysis.analyzable
    assert analysis.kind == "website"
    assert not analysis.auth_detected
    assert analysis.rules_version == "1"
    [reason] = analysis.reasons
    assert reason.code == "content"
    assert reason.evidence[0].value == "T"
    assert reason.evidence[1].value == "sid=[redacted]"
    assert reason.category == "Content"
    assert (analysis.analyzability, analysis.confidence) == ("analyzable", "high")
    assert (analysis.kind_confidence, analysis.kind_runner_up) == ("medium", "api")
    [layer] = analysis.layers
    assert (layer.vendor, layer.role, layer.action) == ("Wall", "waf", "present")
    assert layer.evidence[0].value == "demo"


def test_a_kind_without_a_runner_up_is_reported_with_none() -> None:
    verdict = replace(VERDICT, kind_runner_up=None)
    report = result_report(JOB, FACTS, verdict, OBSERVER)
    assert report.result.analysis.kind_runner_up == ""


def test_a_header_that_only_a_layer_cites_is_reported() -> None:
    cited = Evidence(rule="w", field="paths[0].headers.x-unlisted", value="kept in samples")
    layer = replace(VERDICT.layers[0], evidence=(cited,))
    report = result_report(JOB, FACTS, replace(VERDICT, layers=(layer,)), OBSERVER)
    assert "x-unlisted" in [header.name for header in report.result.paths[0].headers]


def test_a_failure_is_reported_with_its_owner() -> None:
    failure = Failure(reason=FailureReason.TARGET_REFUSED, owner=Owner.POLICY, message="No.")
    report = failure_report(JOB, failure)
    assert report.WhichOneof("outcome") == "failure"
    assert report.failure.reason == "target_refused"
    assert report.failure.owner == facts_pb2.OWNER_POLICY
    assert report.failure.message == "No."
    assert report.attempt == 3


def test_every_code_owner_and_state_can_be_reported() -> None:
    for code in OutcomeCode:
        port = PortFacts(port=1, state=TcpState.OPEN, tcp_outcome=Outcome(code=code))
        reported(replace(FACTS, ports=(port,)))
    for state in TcpState:
        reported(replace(FACTS, ports=(PortFacts(port=1, state=state, tcp_outcome=OK),)))
    for owner in Owner:
        failure_report(JOB, Failure(reason=FailureReason.INTERNAL, owner=owner, message=""))


def test_no_address_that_is_reported_carries_a_credential() -> None:
    url = "/cb?code=hidden&page=2"
    path = replace(PATH, location=url, headers=(*PATH.headers, ("location", url)))
    cited = Evidence(rule="r", field="paths[0].body", value="https://x.test/?access_token=hidden")
    reason = replace(VERDICT.reasons[0], evidence=(cited,))
    facts = replace(FACTS, paths=(path,))
    report = result_report(JOB, facts, replace(VERDICT, reasons=(reason,)), OBSERVER)
    assert report.result.paths[0].location.endswith("page=2")
    assert b"hidden" not in report.SerializeToString()


def test_what_was_asked_beyond_the_paths_is_reported_without_headers_nobody_cites() -> None:
    control = replace(PATH, path="/random", status=404)
    document = replace(PATH, path="/d.json")
    cited = Evidence(rule="r", field="discovered[1].headers.x-unlisted", value="kept in samples")
    verdict = replace(VERDICT, reasons=(replace(VERDICT.reasons[0], evidence=(cited,)),))
    facts = replace(FACTS, control=control, discovered=(control, document))
    result = result_report(JOB, facts, verdict, OBSERVER).result
    assert (result.control.path, result.control.status_code) == ("/random", 404)
    assert "server" in [header.name for header in result.control.headers]
    assert [path.path for path in result.discovered] == ["/random", "/d.json"]
    assert [[header.name for header in path.headers] for path in result.discovered] == [
        [],
        ["x-unlisted"],
    ]
    assert not reported().result.HasField("control")
    assert list(reported().result.discovered) == []


def test_a_place_the_target_named_is_reported_without_its_credentials() -> None:
    path = "/d?access_token=hidden"
    led = replace(PATH, path=path, url=f"https://site.test{path}")
    report = reported(replace(FACTS, discovered=(led,)))
    assert b"hidden" not in report.SerializeToString()
    assert report.result.discovered[0].url.startswith("https://site.test/d?")
