"""Translates what a check found into the message that reports it: no I/O.

Law: no credential of a target leaves here, and every text has its bound.
"""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final

from outscope import VERSION
from outscope.limits import BANNER_BYTES
from outscope.v1 import check_pb2, facts_pb2, messages_pb2, verdict_pb2
from services.prober.facts import (
    AddressFacts,
    Certificate,
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
)
from services.prober.judge.verdict import Evidence, Reason, Verdict
from services.prober.observe.redact import (
    redacted,
    redacted_address,
    redacted_value,
    redacted_words,
)
from services.prober.observe.sample import Sample, sample_of

_REASON_CHARS: Final = 256
_VALUE_CHARS: Final = 512
_LOCATION_CHARS: Final = 2048
_HEADER_CHARS: Final = 1024

# What is reported of a response beside the fields of its own and what the verdict cites; a sample
# has every header.
_REPORTED_HEADERS: Final = frozenset(
    {
        "access-control-allow-origin",
        "allow",
        "alt-svc",
        "cache-control",
        "cf-mitigated",
        "cf-ray",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "content-type",
        "date",
        "etag",
        "last-modified",
        "link",
        "location",
        "permissions-policy",
        "referrer-policy",
        "retry-after",
        "server",
        "set-cookie",
        "strict-transport-security",
        "vary",
        "via",
        "www-authenticate",
        "x-cache",
        "x-content-type-options",
        "x-frame-options",
        "x-powered-by",
        "x-robots-tag",
    }
)

# The enums of the contract by ours, looked up once: by name it is a third of making a report.
_OUTCOMES: Final = {
    code: facts_pb2.OutcomeCode.Value(f"OUTCOME_CODE_{code.name}") for code in OutcomeCode
}
_OWNERS: Final[dict[Owner | None, facts_pb2.Owner.ValueType]] = {
    owner: facts_pb2.Owner.Value(f"OWNER_{owner.name}") for owner in Owner
}
_OWNERS[None] = facts_pb2.OWNER_UNSPECIFIED
_STATES: Final = {state: facts_pb2.TcpState.Value(f"TCP_STATE_{state.name}") for state in TcpState}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Who looked, from where, since when and for how long."""

    vantage_point: str
    prober_id: str
    started_at: datetime
    duration_ms: int
    egress_addresses: tuple[str, ...]
    has_ipv6: bool
    user_agent: str


def result_report(
    job: messages_pb2.ProbeJob, facts: HostFacts, verdict: Verdict, observer: Observer
) -> messages_pb2.ProbeReport:
    """Return the report of a check that was carried out."""
    report = _report(job)
    cited = _cited_headers(verdict)
    report.result.CopyFrom(
        check_pb2.CheckResult(
            analysis=_analysis(verdict),
            dns=_dns(facts.dns),
            ports=[
                _port(port, cited.get(f"ports[{index}].probe", frozenset()))
                for index, port in enumerate(facts.ports)
            ],
            paths=[
                _path(path, _REPORTED_HEADERS | cited.get(f"paths[{index}]", frozenset()))
                for index, path in enumerate(facts.paths)
            ],
            observer=_observer(observer),
        )
    )
    if facts.spec.include_content_sample:
        samples = (sample_of(path) for path in facts.paths)
        report.samples.extend(_sample(sample) for sample in samples if sample is not None)
    return report


def failure_report(job: messages_pb2.ProbeJob, failure: Failure) -> messages_pb2.ProbeReport:
    """Return the report of a check that could not be carried out."""
    report = _report(job)
    report.failure.reason = failure.reason.value
    report.failure.owner = _OWNERS[failure.owner]
    report.failure.message = failure.message
    return report


def postponed_report(job: messages_pb2.ProbeJob, postponed: Postponed) -> messages_pb2.ProbeReport:
    """Return the report of a check that is to be made later."""
    report = _report(job)
    report.postponed.wait_ms = ceil(postponed.wait_s * 1000)
    if postponed.used_up is not None:
        report.postponed.used_up = messages_pb2.BudgetKind.Value(
            f"BUDGET_KIND_{postponed.used_up.name}"
        )
    return report


def _cited_headers(verdict: Verdict) -> dict[str, frozenset[str]]:
    """Return the headers that are evidence, by the path of the answer they came with."""
    cited: dict[str, frozenset[str]] = {}
    for reason in verdict.reasons:
        for evidence in reason.evidence:
            where, found, name = evidence.field.partition(".headers.")
            if found:
                cited[where] = cited.get(where, frozenset()) | {name}
    return cited


def _report(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    return messages_pb2.ProbeReport(
        probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt
    )


def _observer(observer: Observer) -> check_pb2.Observer:
    message = check_pb2.Observer(
        vantage_point=observer.vantage_point,
        prober_id=observer.prober_id,
        prober_version=VERSION,
        duration_ms=observer.duration_ms,
        egress_addresses=observer.egress_addresses,
        has_ipv6=observer.has_ipv6,
        user_agent=observer.user_agent,
    )
    message.started_at.FromDatetime(observer.started_at)
    return message


def _outcome(outcome: Outcome) -> facts_pb2.Outcome:
    return facts_pb2.Outcome(
        code=_OUTCOMES[outcome.code],
        owner=_OWNERS[outcome.owner],
        duration_ms=outcome.duration_ms,
    )


def _optional_outcome(outcome: Outcome | None) -> facts_pb2.Outcome | None:
    return None if outcome is None else _outcome(outcome)


def _dns(dns: DnsFacts) -> facts_pb2.DnsFacts:
    return facts_pb2.DnsFacts(
        outcome=_outcome(dns.outcome),
        a_records=dns.a_records,
        aaaa_records=dns.aaaa_records,
        cname_chain=dns.cname_chain,
        ttl_s=dns.ttl_s,
        resolver=dns.resolver,
        a_outcome=_outcome(dns.a_outcome),
        aaaa_outcome=_outcome(dns.aaaa_outcome),
        authenticated=dns.authenticated,
    )


def _port(port: PortFacts, cited: frozenset[str]) -> facts_pb2.PortFacts:
    return facts_pb2.PortFacts(
        port=port.port,
        state=_STATES[port.state],
        address=port.address,
        tcp_outcome=_outcome(port.tcp_outcome),
        tls=None if port.tls is None else _tls(port.tls),
        speaks_http=port.speaks_http,
        http_outcome=_optional_outcome(port.http_outcome),
        tls_outcome=_optional_outcome(port.tls_outcome),
        probe=None if port.probe is None else _path(port.probe, cited),
        attempts=port.attempts,
        addresses=[_address(address) for address in port.addresses],
        addresses_left_out=port.addresses_left_out,
        banner=redacted_words(port.banner)[:BANNER_BYTES],
        service=port.service,
    )


def _address(address: AddressFacts) -> facts_pb2.AddressFacts:
    return facts_pb2.AddressFacts(
        address=address.address,
        state=_STATES[address.state],
        outcome=_outcome(address.outcome),
    )


def _tls(tls: TlsFacts) -> facts_pb2.TlsFacts:
    return facts_pb2.TlsFacts(
        outcome=_outcome(tls.outcome),
        valid=tls.valid,
        flags=[flag.value for flag in tls.flags],
        version=tls.version,
        cipher=tls.cipher,
        alpn=tls.alpn,
        chain=[_certificate(certificate) for certificate in tls.chain],
        verify_message=tls.verify_message,
        key_exchange=tls.key_exchange,
        days_left=tls.days_left,
        ocsp_status=tls.ocsp_status,
        client_certificate_requested=tls.client_certificate_requested,
    )


def _certificate(certificate: Certificate) -> facts_pb2.Certificate:
    message = facts_pb2.Certificate(
        subject=certificate.subject,
        issuer=certificate.issuer,
        names=certificate.names,
        serial_number=certificate.serial_number,
        fingerprint_sha256=certificate.fingerprint_sha256,
        key_type=certificate.key_type,
        key_bits=certificate.key_bits,
        signature_algorithm=certificate.signature_algorithm,
    )
    if certificate.not_before is not None:
        message.not_before.FromDatetime(certificate.not_before)
    if certificate.not_after is not None:
        message.not_after.FromDatetime(certificate.not_after)
    return message


def _path(path: PathFacts, names: frozenset[str]) -> facts_pb2.PathFacts:
    """Return what a path answered, with the headers of these names."""
    reported = [header for header in path.headers if header[0] in names]
    content_type = path.content_type
    return facts_pb2.PathFacts(
        path=path.path,
        outcome=_outcome(path.outcome),
        url=path.url,
        status_code=path.status,
        reason=path.reason[:_REASON_CHARS],
        content_type=None if content_type is None else content_type[:_VALUE_CHARS],
        body_bytes=path.body_bytes,
        truncated=path.truncated,
        body_sha256=path.body_sha256,
        title=path.title,
        server=path.server[:_VALUE_CHARS],
        location=redacted_address(path.location)[:_LOCATION_CHARS],
        headers=_headers(redacted(reported)),
        http_version=path.http_version,
        timing=None if path.timing is None else _timing(path.timing),
        address=path.address,
    )


def _timing(timing: Timing) -> facts_pb2.Timing:
    return facts_pb2.Timing(
        connect_ms=timing.connect_ms,
        tls_ms=timing.tls_ms,
        first_byte_ms=timing.first_byte_ms,
        total_ms=timing.total_ms,
    )


def _headers(headers: tuple[tuple[str, str], ...]) -> list[facts_pb2.Header]:
    return [facts_pb2.Header(name=name, value=value[:_HEADER_CHARS]) for name, value in headers]


def _sample(sample: Sample) -> facts_pb2.ContentSample:
    return facts_pb2.ContentSample(
        path=sample.path,
        headers=[facts_pb2.Header(name=name, value=value) for name, value in sample.headers],
        body=sample.body,
        truncated=sample.truncated,
    )


def _analysis(verdict: Verdict) -> verdict_pb2.Analysis:
    return verdict_pb2.Analysis(
        reachable=verdict.reachable,
        speaks_http=verdict.speaks_http,
        analyzable=verdict.analyzable,
        kind=verdict.kind.value,
        auth_detected=verdict.auth_detected,
        api_doc_detected=verdict.api_doc_detected,
        reasons=[_reason(reason) for reason in verdict.reasons],
        rules_version=verdict.rules_version,
    )


def _reason(reason: Reason) -> verdict_pb2.Reason:
    return verdict_pb2.Reason(
        code=reason.code,
        message=reason.message,
        evidence=[_evidence(evidence) for evidence in reason.evidence],
    )


def _evidence(evidence: Evidence) -> verdict_pb2.Evidence:
    _, _, header = evidence.field.partition(".headers.")
    value = redacted_value(header, evidence.value) if header else redacted_address(evidence.value)
    return verdict_pb2.Evidence(rule=evidence.rule, field=evidence.field, value=value)
