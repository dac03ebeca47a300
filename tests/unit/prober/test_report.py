from dataclasses import fields, replace
from datetime import UTC, datetime

from outscope import VERSION
from outscope.failures import FailureReason
from outscope.v1 import check_pb2, facts_pb2, messages_pb2
from services.prober.facts import (
    AddressFacts,
    BudgetKind,
    Certificate,
    CheckSpec,
    DnsFacts,
    Failure,
    HostFacts,
    Outcome,
    OutcomeCode,
    Owner,
    PathFacts,
    PortFacts,
    Postponed,
    TcpState,
    Timing,
    TlsFacts,
    TlsFlag,
)
from services.prober.judge.verdict import Evidence, Kind, Reason, Verdict
from services.prober.report import Observer, failure_report, postponed_report, result_report

JOB = messages_pb2.ProbeJob(
    probe_id="prb_1", check_id="chk_1", attempt=3, spec=check_pb2.CheckSpec(fqdn="site.test")
)
MOMENT = datetime(2026, 4, 21, 10, 0, tzinfo=UTC)
OK = Outcome(code=OutcomeCode.OK, duration_ms=7)
CERTIFICATE = Certificate(
    subject="CN=site.test",
    issuer="CN=Root",
    names=("site.test",),
    serial_number="AB",
    not_before=MOMENT,
    not_after=MOMENT,
    fingerprint_sha256="ff",
    key_type="ec",
    key_bits=256,
    signature_algorithm="ecdsa_with_sha256",
)
PATH = PathFacts(
    path="/x",
    outcome=OK,
    url="https://site.test/x",
    status=200,
    reason="OK",
    headers=(("server", "demo"), ("set-cookie", "sid=secret"), ("x-unlisted", "kept in samples")),
    content_type="text/html",
    body=b"<title>T</title>",
    body_sha256="aa",
    body_bytes=16,
    truncated=True,
    title="T",
    server="demo",
    location="/y",
    http_version="1.1",
    timing=Timing(connect_ms=0, tls_ms=2, first_byte_ms=3, total_ms=6),
    address="192.0.2.1",
)
FACTS = HostFacts(
    spec=CheckSpec(fqdn="site.test"),
    dns=DnsFacts(
        outcome=OK,
        a_records=("192.0.2.1",),
        aaaa_records=("2001:db8::1",),
        cname_chain=("web.test",),
        ttl_s=60,
        resolver="192.0.2.53:53",
        a_outcome=OK,
        aaaa_outcome=Outcome(code=OutcomeCode.DNS_TIMEOUT),
    ),
    ports=(
        PortFacts(
            port=443,
            state=TcpState.OPEN,
            address="192.0.2.1",
            tcp_outcome=OK,
            tls=TlsFacts(
                outcome=OK,
                valid=False,
                flags=(TlsFlag.EXPIRED,),
                version="TLSv1.3",
                cipher="TLS_AES_256_GCM_SHA384",
                alpn="http/1.1",
                chain=(CERTIFICATE,),
                verify_message="expired",
                key_exchange="x25519",
                days_left=-3,
                ocsp_status="revoked",
                client_certificate_requested=True,
            ),
            tls_outcome=OK,
            speaks_http=True,
            http_outcome=OK,
            probe=PATH,
            addresses=(
                AddressFacts(address="192.0.2.1", state=TcpState.OPEN, outcome=OK),
                AddressFacts(
                    address="2001:db8::1",
                    state=TcpState.NOT_TRIED,
                    outcome=Outcome(code=OutcomeCode.TCP_NO_IPV6),
                ),
            ),
            addresses_left_out=3,
        ),
        PortFacts(
            port=80,
            state=TcpState.REFUSED,
            address="192.0.2.1",
            tcp_outcome=Outcome(code=OutcomeCode.TCP_REFUSED),
        ),
    ),
    paths=(PATH,),
)
VERDICT = Verdict(
    reachable=True,
    speaks_http=True,
    analyzable=True,
    kind=Kind.WEBSITE,
    auth_detected=False,
    api_doc_detected=False,
    reasons=(
        Reason(
            code="content",
            message="It serves content.",
            evidence=(
                Evidence(rule="r", field="paths[0].title", value="T"),
                Evidence(rule="r", field="paths[0].headers.set-cookie", value="sid=secret"),
            ),
        ),
    ),
    rules_version="1",
)
OBSERVER = Observer(
    vantage_point="eu-west-1",
    prober_id="prober-1",
    started_at=MOMENT,
    duration_ms=12,
    egress_addresses=("198.51.100.7", "2001:db8::7"),
    has_ipv6=False,
    user_agent="OutScope/test",
)


def reported(facts: HostFacts = FACTS) -> messages_pb2.ProbeReport:
    return result_report(JOB, facts, VERDICT, OBSERVER)


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


def test_dns_is_reported_whole() -> None:
    dns = reported().result.dns
    assert dns.outcome.code == facts_pb2.OUTCOME_CODE_OK
    assert dns.outcome.owner == facts_pb2.OWNER_UNSPECIFIED
    assert dns.outcome.duration_ms == 7
    assert list(dns.a_records) == ["192.0.2.1"]
    assert list(dns.aaaa_records) == ["2001:db8::1"]
    assert list(dns.cname_chain) == ["web.test"]
    assert dns.ttl_s == 60
    assert dns.resolver == "192.0.2.53:53"
    assert dns.aaaa_outcome.code == facts_pb2.OUTCOME_CODE_DNS_TIMEOUT
    assert dns.aaaa_outcome.owner == facts_pb2.OWNER_RESOLVER
    assert not dns.authenticated
    validated = replace(FACTS, dns=replace(FACTS.dns, authenticated=True))
    assert reported(validated).result.dns.authenticated


def test_an_open_port_is_reported_with_its_tls() -> None:
    port = reported().result.ports[0]
    assert port.port == 443
    assert port.state == facts_pb2.TCP_STATE_OPEN
    assert port.address == "192.0.2.1"
    assert port.speaks_http
    assert port.tls_outcome.code == facts_pb2.OUTCOME_CODE_OK
    assert port.http_outcome.code == facts_pb2.OUTCOME_CODE_OK
    assert not port.tls.valid
    assert list(port.tls.flags) == ["expired"]
    assert port.tls.version == "TLSv1.3"
    assert port.tls.alpn == "http/1.1"
    assert port.tls.verify_message == "expired"
    assert port.tls.key_exchange == "x25519"
    assert port.tls.days_left == -3
    assert port.tls.ocsp_status == "revoked"
    assert port.tls.client_certificate_requested
    [leaf] = port.tls.chain
    assert leaf.subject == "CN=site.test"
    assert leaf.not_after.ToDatetime(UTC) == MOMENT
    assert leaf.key_bits == 256


def test_a_port_is_reported_with_what_it_answered() -> None:
    port = reported().result.ports[0]
    assert port.attempts == 1
    assert port.probe.path == "/x"
    assert port.probe.status_code == 200
    assert port.probe.content_type == "text/html"
    assert port.probe.title == "T"
    assert port.probe.server == "demo"
    assert port.probe.location == "/y"
    assert list(port.probe.headers) == []
    twice = replace(FACTS, ports=(replace(FACTS.ports[0], attempts=2),))
    assert reported(twice).result.ports[0].attempts == 2


def test_each_address_of_a_port_is_reported_in_order() -> None:
    port = reported().result.ports[0]
    assert [address.address for address in port.addresses] == ["192.0.2.1", "2001:db8::1"]
    assert port.addresses[0].state == facts_pb2.TCP_STATE_OPEN
    assert port.addresses[0].outcome.duration_ms == OK.duration_ms
    assert port.addresses[1].state == facts_pb2.TCP_STATE_NOT_TRIED
    assert port.addresses[1].outcome.code == facts_pb2.OUTCOME_CODE_TCP_NO_IPV6
    assert port.addresses[1].outcome.owner == facts_pb2.OWNER_OURS
    assert port.addresses_left_out == 3


def test_a_banner_is_reported_without_credentials_and_within_its_bound() -> None:
    said = b"-ERR unknown command '/x?token=s3cret'\xff" + b"y" * 300
    port = replace(FACTS.ports[1], banner=said, service="redis")
    told = reported(replace(FACTS, ports=(port,))).result.ports[0]
    assert told.banner.startswith(b"-ERR unknown command '/x?token=[redacted]'\xffy")
    assert len(told.banner) == 256
    assert told.service == "redis"


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


def test_a_closed_port_has_neither_tls_nor_http() -> None:
    port = reported().result.ports[1]
    assert port.state == facts_pb2.TCP_STATE_REFUSED
    assert port.tcp_outcome.owner == facts_pb2.OWNER_TARGET
    assert not port.HasField("tls")
    assert not port.HasField("tls_outcome")
    assert not port.HasField("http_outcome")
    assert not port.HasField("probe")


def test_a_certificate_without_dates_is_reported_without() -> None:
    tls = TlsFacts(outcome=OK, chain=(Certificate(fingerprint_sha256="ff"),))
    facts = replace(FACTS, ports=(replace(FACTS.ports[0], tls=tls),))
    message = reported(facts).result.ports[0].tls
    assert not message.HasField("days_left")
    assert not message.client_certificate_requested
    [leaf] = message.chain
    assert leaf.fingerprint_sha256 == "ff"
    assert not leaf.HasField("not_after")


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


def test_an_unanswered_path_has_no_status() -> None:
    nowhere = PathFacts(path="/x", outcome=Outcome(code=OutcomeCode.HTTP_NO_ENDPOINT))
    [path] = reported(replace(FACTS, paths=(nowhere,))).result.paths
    assert not path.HasField("status_code")
    assert not path.HasField("content_type")
    assert not path.HasField("timing")
    assert path.address == ""


def test_a_path_tells_its_address_and_where_its_time_went() -> None:
    path = reported().result.paths[0]
    assert path.address == "192.0.2.1"
    assert path.timing == facts_pb2.Timing(connect_ms=0, tls_ms=2, first_byte_ms=3, total_ms=6)
    assert path.timing.HasField("connect_ms")
    again = replace(PATH, timing=Timing(first_byte_ms=3, total_ms=6))
    timing = reported(replace(FACTS, paths=(again,))).result.paths[0].timing
    assert not timing.HasField("connect_ms")
    assert not timing.HasField("tls_ms")


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


def test_every_fact_of_a_port_has_its_field_and_no_other() -> None:
    ours = {field.name for field in fields(PortFacts)}
    assert ours == set(facts_pb2.PortFacts.DESCRIPTOR.fields_by_name)


def test_every_fact_of_a_handshake_has_its_field_and_no_other() -> None:
    ours = {field.name for field in fields(TlsFacts)}
    assert ours == set(facts_pb2.TlsFacts.DESCRIPTOR.fields_by_name)


def test_every_reported_fact_of_a_path_has_its_field() -> None:
    """A fact added later must be reported or named here."""
    not_reported = {"status", "body", "charset"}
    ours = {field.name for field in fields(PathFacts)} - not_reported
    theirs = set(facts_pb2.PathFacts.DESCRIPTOR.fields_by_name) - {"status_code"}
    assert ours == theirs


def test_no_address_that_is_reported_carries_a_credential() -> None:
    url = "/cb?code=hidden&page=2"
    path = replace(PATH, location=url, headers=(*PATH.headers, ("location", url)))
    cited = Evidence(rule="r", field="paths[0].body", value="https://x.test/?access_token=hidden")
    reason = replace(VERDICT.reasons[0], evidence=(cited,))
    facts = replace(FACTS, paths=(path,))
    report = result_report(JOB, facts, replace(VERDICT, reasons=(reason,)), OBSERVER)
    assert report.result.paths[0].location.endswith("page=2")
    assert b"hidden" not in report.SerializeToString()
