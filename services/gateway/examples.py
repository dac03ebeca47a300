"""A completed check as it is shown, for the OpenAPI document.

Made by the code that shows real ones, so that the example has every field they have.
"""

from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.representation.check import check_representation
from outscope.v1 import check_pb2, facts_pb2, verdict_pb2

# That of the rules of today; `make rules` raises it with theirs.
RULES_VERSION: Final = "16"
_CREATED: Final = Timestamp(seconds=1_776_765_600)
_ENDED: Final = Timestamp(seconds=1_776_765_601)
_EXPIRES: Final = Timestamp(seconds=1_798_761_600)
_ADDRESS: Final = "93.184.216.34"
_OTHER_ADDRESS: Final = "93.184.216.35"


def _ok(duration_ms: int) -> facts_pb2.Outcome:
    return facts_pb2.Outcome(code=facts_pb2.OUTCOME_CODE_OK, duration_ms=duration_ms)


def _evidence() -> verdict_pb2.Evidence:
    return verdict_pb2.Evidence(
        rule="documentation.openapi", field="paths[0].body", value="openapi: 3.1.0"
    )


def _reason() -> verdict_pb2.Reason:
    return verdict_pb2.Reason(
        code="api_documentation",
        category="Content",
        message=(
            "API documentation of “Shop” is public at https://example.com/ (openapi); scanners can "
            "import it."
        ),
        evidence=[_evidence()],
    )


def _analysis() -> verdict_pb2.Analysis:
    network = verdict_pb2.Layer(
        vendor="CloudFront",
        role="cdn",
        action="present",
        evidence=[
            verdict_pb2.Evidence(
                rule="cloudfront.present",
                field="paths[0].headers.via",
                value="1.1 3af1.cloudfront.net (CloudFront)",
            )
        ],
    )
    return verdict_pb2.Analysis(
        reachable=True,
        speaks_http=True,
        analyzable=True,
        analyzability="analyzable",
        confidence="high",
        kind="api",
        kind_confidence="high",
        kind_runner_up="website",
        layers=[network],
        auth_detected=True,
        api_doc_detected=True,
        authentication=_authentication(),
        documents=[_document()],
        reasons=[_reason()],
        rules_version=RULES_VERSION,
    )


def _authentication() -> verdict_pb2.Authentication:
    declared = verdict_pb2.Evidence(
        rule="documentation.security", field="paths[0].body", value="securitySchemes: bearerAuth"
    )
    return verdict_pb2.Authentication(
        paths=[
            verdict_pb2.PathAuthentication(
                path="/", state="open", schemes=["Bearer"], evidence=[declared]
            ),
            verdict_pb2.PathAuthentication(path="/shop", state="open"),
        ],
    )


def _document() -> verdict_pb2.ApiDocument:
    return verdict_pb2.ApiDocument(
        type="openapi",
        state="parsed",
        version="3.1.0",
        title="Shop",
        url="https://example.com/",
        operations=12,
        security_schemes=["bearerAuth"],
        servers=["https://example.com/v1"],
        complete=True,
        ui="Swagger UI",
        evidence=[_evidence()],
    )


def _dns() -> facts_pb2.DnsFacts:
    return facts_pb2.DnsFacts(
        outcome=_ok(9),
        a_records=[_ADDRESS, _OTHER_ADDRESS],
        ttl_s=300,
        resolver="192.0.2.53:53",
        a_outcome=_ok(8),
        aaaa_outcome=facts_pb2.Outcome(
            code=facts_pb2.OUTCOME_CODE_DNS_NO_DATA, owner=facts_pb2.OWNER_TARGET, duration_ms=9
        ),
        records=[
            _records("caa", "example.com", '0 issue "letsencrypt.org"'),
            _records("mx", "example.com", "10 mail.example.com."),
            _records("ns", "example.com", "ns1.example.net.", "ns2.example.net."),
            _records("spf", "example.com", "v=spf1 mx -all"),
            _records("dmarc", "_dmarc.example.com", "v=DMARC1; p=reject"),
        ],
    )


def _records(kind: str, name: str, *values: str) -> facts_pb2.DnsRecords:
    return facts_pb2.DnsRecords(kind=kind, name=name, outcome=_ok(12), values=values, ttl_s=3600)


def _tls() -> facts_pb2.TlsFacts:
    leaf = facts_pb2.Certificate(
        subject="CN=example.com",
        issuer="CN=Example CA,O=Example Trust",
        names=["example.com", "www.example.com"],
        serial_number="0A1B2C",
        not_before=Timestamp(seconds=1_767_225_600),
        not_after=_EXPIRES,
        fingerprint_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        key_type="ec",
        key_bits=256,
        signature_algorithm="ecdsa-with-SHA256",
    )
    return facts_pb2.TlsFacts(
        outcome=_ok(21),
        valid=True,
        version="TLSv1.3",
        cipher="TLS_AES_128_GCM_SHA256",
        alpn="http/1.1",
        chain=[leaf],
        key_exchange="x25519",
        days_left=254,
        ocsp_status="good",
        versions=_versions(),
    )


def _versions() -> list[facts_pb2.TlsVersion]:
    refused = facts_pb2.Outcome(
        code=facts_pb2.OUTCOME_CODE_TLS_PROTOCOL_UNSUPPORTED,
        owner=facts_pb2.OWNER_TARGET,
        duration_ms=12,
    )
    accepted = {"TLSv1.2": _ok(13), "TLSv1.3": _ok(21)}
    return [
        facts_pb2.TlsVersion(
            version=version,
            accepted=version in accepted,
            outcome=accepted.get(version, refused),
        )
        for version in ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
    ]


def _port() -> facts_pb2.PortFacts:
    return facts_pb2.PortFacts(
        port=443,
        state=facts_pb2.TCP_STATE_OPEN,
        address=_ADDRESS,
        tcp_outcome=_ok(11),
        tls=_tls(),
        tls_outcome=_ok(21),
        speaks_http=True,
        http_outcome=_ok(14),
        probe=_answer(),
        attempts=1,
        addresses=[
            facts_pb2.AddressFacts(
                address=_ADDRESS, state=facts_pb2.TCP_STATE_OPEN, outcome=_ok(11)
            )
        ],
        service="https",
    )


def _path() -> facts_pb2.PathFacts:
    path = _answer()
    path.headers.add(name="server", value="nginx")
    path.headers.add(name="via", value="1.1 3af1.cloudfront.net (CloudFront)")
    other = _answer()
    other.address = _OTHER_ADDRESS
    path.other_addresses.append(other)
    return path


def _redirected_path() -> facts_pb2.PathFacts:
    path = facts_pb2.PathFacts(
        path="/shop",
        outcome=_ok(12),
        url="https://example.com/shop",
        status_code=301,
        reason="Moved Permanently",
        location="https://www.example.com/shop",
        http_version="1.1",
        timing=facts_pb2.Timing(first_byte_ms=12, total_ms=12),
        address=_ADDRESS,
    )
    answer = _answer()
    answer.path, answer.url = "/shop", "https://www.example.com/shop"
    tls = _tls()
    tls.ClearField("versions")
    path.redirects.append(facts_pb2.Redirect(answer=answer, cross_host=True, tls=tls))
    return path


def _missing(path: str) -> facts_pb2.PathFacts:
    missing = _answer()
    missing.path, missing.url = path, f"https://example.com{path}"
    missing.status_code, missing.reason = 404, "Not Found"
    missing.timing.CopyFrom(facts_pb2.Timing(first_byte_ms=9, total_ms=9))
    return missing


def _description() -> facts_pb2.PathFacts:
    description = _missing("/openapi.json")
    description.status_code, description.reason = 200, "OK"
    description.body_bytes = 5120
    description.body_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return description


def _answer() -> facts_pb2.PathFacts:
    return facts_pb2.PathFacts(
        path="/",
        outcome=_ok(14),
        url="https://example.com/",
        status_code=200,
        reason="OK",
        content_type="application/json",
        body_bytes=15,
        body_sha256="2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        server="nginx",
        http_version="1.1",
        timing=facts_pb2.Timing(connect_ms=11, tls_ms=21, first_byte_ms=13, total_ms=46),
        address=_ADDRESS,
    )


def completed_check() -> check_pb2.Check:
    """Return the check that COMPLETED_CHECK shows, anew each time."""
    observer = check_pb2.Observer(
        vantage_point="eu-west-1",
        prober_id="prober-5f7c",
        prober_version="0.1.0",
        started_at=_CREATED,
        duration_ms=74,
        egress_addresses=["198.51.100.7", "2001:db8::7"],
        has_ipv6=True,
        user_agent="OutScope/0.1.0 (+https://outscope.example/about)",
    )
    return check_pb2.Check(
        id="chk_01kprq4e00c5s6h9m2t8v4x3za",
        status=check_pb2.CHECK_STATUS_COMPLETED,
        created_at=_CREATED,
        ended_at=_ENDED,
        spec=check_pb2.CheckSpec(
            fqdn="example.com",
            ports=[443],
            paths=["/", "/shop"],
            max_redirects=3,
            all_addresses=True,
            vantage_point="eu-west-1",
            content_retention_days=7,
            dns_records=True,
            tls_versions=True,
            discovery=check_pb2.DISCOVERY_STANDARD,
        ),
        result=check_pb2.CheckResult(
            analysis=_analysis(),
            dns=_dns(),
            ports=[_port()],
            paths=[_path(), _redirected_path()],
            control=_missing("/k3v9x0q2m7t5w8r1b6zd"),
            discovered=[_missing("/.well-known/api-catalog"), _description()],
            observer=observer,
        ),
    )


COMPLETED_CHECK: Final = check_representation(completed_check())
