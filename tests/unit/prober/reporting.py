"""A check that was carried out, with something in every fact, and its report."""

from dataclasses import replace
from datetime import UTC, datetime

from outscope.v1 import check_pb2, messages_pb2
from services.prober.facts import (
    AddressFacts,
    Certificate,
    CheckSpec,
    DnsFacts,
    DnsRecords,
    HostFacts,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    TcpState,
    Timing,
    TlsFacts,
    TlsFlag,
)
from services.prober.judge.verdict import (
    Action,
    Analyzability,
    Category,
    Confidence,
    Evidence,
    Kind,
    Layer,
    Reason,
    Role,
    Verdict,
)
from services.prober.report import Observer, result_report

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
    headers=(
        ("server", "demo"),
        ("set-cookie", "sid=secret"),
        ("x-unlisted", "kept in samples"),
    ),
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
        records=(
            DnsRecords(
                kind="mx",
                name="site.test",
                outcome=OK,
                values=("10 a.test.", "20 b.test."),
                ttl_s=0,
            ),
            DnsRecords(
                kind="dmarc",
                name="_dmarc.site.test",
                outcome=Outcome(code=OutcomeCode.DNS_NXDOMAIN, duration_ms=2),
            ),
        ),
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
    analyzability=Analyzability.ANALYZABLE,
    confidence=Confidence.HIGH,
    kind=Kind.WEBSITE,
    kind_confidence=Confidence.MEDIUM,
    kind_runner_up=Kind.API,
    layers=(
        Layer(
            vendor="Wall",
            role=Role.WAF,
            action=Action.PRESENT,
            evidence=(Evidence(rule="w", field="paths[0].headers.server", value="demo"),),
        ),
    ),
    auth_detected=False,
    api_doc_detected=False,
    reasons=(
        Reason(
            code="content",
            category=Category.CONTENT,
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


def seen_by_observer(facts: HostFacts) -> HostFacts:
    """Return facts with the observer as whom they were seen by."""
    addresses, user_agent = OBSERVER.egress_addresses, OBSERVER.user_agent
    return replace(facts, egress_addresses=addresses, user_agent=user_agent)


def reported(facts: HostFacts = FACTS) -> messages_pb2.ProbeReport:
    return result_report(JOB, facts, VERDICT, OBSERVER)
