from dataclasses import fields, replace
from datetime import UTC

from outscope.v1 import facts_pb2
from services.prober.facts import (
    Certificate,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    Timing,
    TlsFacts,
)
from services.prober.judge.verdict import Evidence
from services.prober.report import result_report
from tests.unit.prober.reporting import (
    FACTS,
    JOB,
    MOMENT,
    OBSERVER,
    OK,
    PATH,
    VERDICT,
    reported,
)


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


def test_each_kind_of_dns_records_is_reported_with_its_own_outcome() -> None:
    mx, dmarc = reported().result.dns.records
    assert (mx.kind, mx.name, mx.ttl_s) == ("mx", "site.test", 0)
    assert list(mx.values) == ["10 a.test.", "20 b.test."]
    assert mx.outcome.code == facts_pb2.OUTCOME_CODE_OK
    assert (dmarc.kind, dmarc.name, list(dmarc.values)) == ("dmarc", "_dmarc.site.test", [])
    assert not dmarc.HasField("ttl_s")
    assert dmarc.outcome.code == facts_pb2.OUTCOME_CODE_DNS_NXDOMAIN
    assert dmarc.outcome.owner == facts_pb2.OWNER_TARGET
    assert dmarc.outcome.duration_ms == 2


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


def test_redirects_and_other_addresses_are_reported_as_any_answer() -> None:
    hop = replace(PATH, path="/y", url="https://www.site.test/y", address="192.0.2.2")
    other = replace(PATH, status=503, address="192.0.2.3")
    path = replace(
        PATH,
        redirects=(
            Redirect(answer=hop, cross_host=True, tls=FACTS.ports[0].tls, denial="loopback"),
        ),
        other_addresses=(other,),
    )
    [told] = reported(replace(FACTS, paths=(path,))).result.paths
    [redirect] = told.redirects
    assert redirect.cross_host
    assert redirect.tls == reported().result.ports[0].tls
    assert redirect.denial == "loopback"
    assert redirect.answer.url == "https://www.site.test/y"
    assert redirect.answer.status_code == 200
    assert [header.name for header in redirect.answer.headers] == ["server", "set-cookie"]
    assert "secret" not in str(redirect)
    assert [each.status_code for each in told.other_addresses] == [503]
    assert told.other_addresses[0].address == "192.0.2.3"


def test_a_hop_is_told_without_the_credentials_its_address_carries() -> None:
    hop = replace(PATH, path="/y?code=abc", url="https://site.test/y?code=abc" + "x" * 9000)
    path = replace(PATH, redirects=(Redirect(answer=hop, cross_host=False),))
    [told] = reported(replace(FACTS, paths=(path,))).result.paths[0].redirects
    assert told.answer.path == "/y?code=[redacted]"
    assert told.answer.url == "https://site.test/y?code=[redacted]"
    long = replace(hop, path="/" + "y" * 9000, url="https://site.test/" + "y" * 9000)
    path = replace(PATH, redirects=(Redirect(answer=long, cross_host=False),))
    [told] = reported(replace(FACTS, paths=(path,))).result.paths[0].redirects
    assert (len(told.answer.path), len(told.answer.url)) == (2048, 2048)


def test_a_header_that_is_evidence_on_a_hop_is_reported_with_it() -> None:
    path = replace(PATH, redirects=(Redirect(answer=PATH, cross_host=False),))
    field = "paths[0].redirects[0].answer.headers.x-unlisted"
    reason = replace(VERDICT.reasons[0], evidence=(Evidence(rule="r", field=field, value="kept"),))
    verdict = replace(VERDICT, reasons=(reason,))
    report = result_report(JOB, replace(FACTS, paths=(path,)), verdict, OBSERVER)
    [redirect] = report.result.paths[0].redirects
    assert "x-unlisted" in [header.name for header in redirect.answer.headers]
