"""The facts of a check as messages: no I/O.

Law: no credential of a target leaves here, and every text has its bound.
"""

from functools import lru_cache
from typing import Final

from outscope.limits import BANNER_BYTES
from outscope.v1 import facts_pb2
from services.prober.facts import (
    AddressFacts,
    Certificate,
    DnsFacts,
    DnsRecords,
    Outcome,
    OutcomeCode,
    Owner,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
    Timing,
    TlsFacts,
    TlsVersion,
)
from services.prober.observe.redact import redacted, redacted_address, redacted_words

_REASON_CHARS: Final = 256
_VALUE_CHARS: Final = 512
_LOCATION_CHARS: Final = 2048
_HEADER_CHARS: Final = 1024

# Made once for as long as they keep coming; a message is copied into the one it becomes part of.
_REMEMBERED_OUTCOMES: Final = 1024

# The enums of the contract by ours, looked up once: by name it is a third of making a report.
_OUTCOMES: Final = {
    code: facts_pb2.OutcomeCode.Value(f"OUTCOME_CODE_{code.name}") for code in OutcomeCode
}
OWNERS: Final[dict[Owner | None, facts_pb2.Owner.ValueType]] = {
    owner: facts_pb2.Owner.Value(f"OWNER_{owner.name}") for owner in Owner
}
OWNERS[None] = facts_pb2.OWNER_UNSPECIFIED
_STATES: Final = {state: facts_pb2.TcpState.Value(f"TCP_STATE_{state.name}") for state in TcpState}


@lru_cache(maxsize=_REMEMBERED_OUTCOMES)
def _outcome(outcome: Outcome) -> facts_pb2.Outcome:
    return facts_pb2.Outcome(
        code=_OUTCOMES[outcome.code],
        owner=OWNERS[outcome.owner],
        duration_ms=outcome.duration_ms,
    )


def _optional_outcome(outcome: Outcome | None) -> facts_pb2.Outcome | None:
    return None if outcome is None else _outcome(outcome)


def dns_message(dns: DnsFacts) -> facts_pb2.DnsFacts:
    """Return what name resolution found."""
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
        records=[_records(records) for records in dns.records],
    )


def _records(records: DnsRecords) -> facts_pb2.DnsRecords:
    return facts_pb2.DnsRecords(
        kind=records.kind,
        name=records.name,
        outcome=_outcome(records.outcome),
        values=records.values,
        ttl_s=records.ttl_s,
    )


def port_message(port: PortFacts, cited: frozenset[str]) -> facts_pb2.PortFacts:
    """Return what a port showed, its answer with the headers of these names."""
    return facts_pb2.PortFacts(
        port=port.port,
        state=_STATES[port.state],
        address=port.address,
        tcp_outcome=_outcome(port.tcp_outcome),
        tls=None if port.tls is None else _tls(port.tls),
        speaks_http=port.speaks_http,
        http_outcome=_optional_outcome(port.http_outcome),
        tls_outcome=_optional_outcome(port.tls_outcome),
        probe=None if port.probe is None else path_message(port.probe, cited),
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
        versions=[_tls_version(version) for version in tls.versions],
    )


def _tls_version(version: TlsVersion) -> facts_pb2.TlsVersion:
    return facts_pb2.TlsVersion(
        version=version.version, accepted=version.accepted, outcome=_outcome(version.outcome)
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


def path_message(path: PathFacts, names: frozenset[str]) -> facts_pb2.PathFacts:
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
        headers=headers_message(redacted(reported)),
        http_version=path.http_version,
        timing=None if path.timing is None else _timing(path.timing),
        address=path.address,
        redirects=[_redirect(redirect, names) for redirect in path.redirects],
        other_addresses=[path_message(other, names) for other in path.other_addresses],
    )


def _redirect(redirect: Redirect, names: frozenset[str]) -> facts_pb2.Redirect:
    """Return a hop; where it led was the target's choice."""
    return facts_pb2.Redirect(
        answer=led_to_message(redirect.answer, names),
        cross_host=redirect.cross_host,
        tls=None if redirect.tls is None else _tls(redirect.tls),
        denial=redirect.denial,
    )


def led_to_message(path: PathFacts, names: frozenset[str]) -> facts_pb2.PathFacts:
    """Return an answer from where the target's word led, credentials in the query included."""
    message = path_message(path, names)
    message.path = redacted_address(message.path)[:_LOCATION_CHARS]
    message.url = redacted_address(message.url)[:_LOCATION_CHARS]
    return message


def _timing(timing: Timing) -> facts_pb2.Timing:
    return facts_pb2.Timing(
        connect_ms=timing.connect_ms,
        tls_ms=timing.tls_ms,
        first_byte_ms=timing.first_byte_ms,
        total_ms=timing.total_ms,
    )


def headers_message(headers: tuple[tuple[str, str], ...]) -> list[facts_pb2.Header]:
    """Return header fields as a message shows them: a long value is cut."""
    return [facts_pb2.Header(name=name, value=value[:_HEADER_CHARS]) for name, value in headers]
