"""The facts of a check, read from the messages that reported them: no I/O.

The other way than services.prober.report_facts. What a message does not carry, an answer's body and
most of its headers, is empty.
"""

from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from outscope.v1 import facts_pb2
from services.prober.facts import (
    AddressFacts,
    Certificate,
    DnsFacts,
    DnsRecords,
    Outcome,
    OutcomeCode,
    PathFacts,
    PortFacts,
    Redirect,
    TcpState,
    Timing,
    TlsFacts,
    TlsFlag,
    TlsVersion,
)

_OUTCOMES: Final[dict[int, OutcomeCode]] = {
    facts_pb2.OutcomeCode.Value(f"OUTCOME_CODE_{code.name}"): code for code in OutcomeCode
}
_STATES: Final[dict[int, TcpState]] = {
    facts_pb2.TcpState.Value(f"TCP_STATE_{state.name}"): state for state in TcpState
}


class NewerFactsError(ValueError):
    """The facts hold what this version has no word for."""


def dns_in(message: facts_pb2.DnsFacts) -> DnsFacts:
    """Return what name resolution found; raises NewerFactsError."""
    return DnsFacts(
        outcome=_outcome(message.outcome),
        a_records=tuple(message.a_records),
        aaaa_records=tuple(message.aaaa_records),
        cname_chain=tuple(message.cname_chain),
        ttl_s=message.ttl_s if message.HasField("ttl_s") else None,
        resolver=message.resolver,
        a_outcome=_outcome(message.a_outcome),
        aaaa_outcome=_outcome(message.aaaa_outcome),
        authenticated=message.authenticated,
        records=tuple(_records(records) for records in message.records),
    )


def port_in(message: facts_pb2.PortFacts) -> PortFacts:
    """Return what a port showed; raises NewerFactsError."""
    return PortFacts(
        port=message.port,
        state=_state(message.state),
        address=message.address,
        tcp_outcome=_outcome(message.tcp_outcome),
        tls=_tls(message.tls) if message.HasField("tls") else None,
        tls_outcome=_outcome(message.tls_outcome) if message.HasField("tls_outcome") else None,
        speaks_http=message.speaks_http,
        http_outcome=_outcome(message.http_outcome) if message.HasField("http_outcome") else None,
        probe=path_in(message.probe) if message.HasField("probe") else None,
        attempts=message.attempts,
        addresses=tuple(_address(address) for address in message.addresses),
        addresses_left_out=message.addresses_left_out,
        banner=message.banner,
        service=message.service,
    )


def path_in(message: facts_pb2.PathFacts) -> PathFacts:
    """Return what a path answered, with the headers that were reported; raises NewerFactsError."""
    return PathFacts(
        path=message.path,
        outcome=_outcome(message.outcome),
        url=message.url,
        status=message.status_code if message.HasField("status_code") else None,
        reason=message.reason,
        headers=tuple((header.name, header.value) for header in message.headers),
        content_type=message.content_type if message.HasField("content_type") else None,
        body_sha256=message.body_sha256,
        body_bytes=message.body_bytes,
        truncated=message.truncated,
        title=message.title,
        server=message.server,
        location=message.location,
        http_version=message.http_version,
        timing=_timing(message.timing) if message.HasField("timing") else None,
        address=message.address,
        redirects=tuple(
            Redirect(
                answer=path_in(redirect.answer),
                cross_host=redirect.cross_host,
                tls=_tls(redirect.tls) if redirect.HasField("tls") else None,
                denial=redirect.denial,
            )
            for redirect in message.redirects
        ),
        other_addresses=tuple(path_in(other) for other in message.other_addresses),
    )


def _outcome(message: facts_pb2.Outcome) -> Outcome:
    code = _OUTCOMES.get(message.code)
    if code is None:
        raise NewerFactsError(f"outcome {message.code}")
    return Outcome(code=code, duration_ms=message.duration_ms)


def _state(message: int) -> TcpState:
    state = _STATES.get(message)
    if state is None:
        raise NewerFactsError(f"state {message}")
    return state


def _records(message: facts_pb2.DnsRecords) -> DnsRecords:
    return DnsRecords(
        kind=message.kind,
        name=message.name,
        outcome=_outcome(message.outcome),
        values=tuple(message.values),
        ttl_s=message.ttl_s if message.HasField("ttl_s") else None,
    )


def _address(message: facts_pb2.AddressFacts) -> AddressFacts:
    return AddressFacts(
        address=message.address, state=_state(message.state), outcome=_outcome(message.outcome)
    )


def _tls(message: facts_pb2.TlsFacts) -> TlsFacts:
    return TlsFacts(
        outcome=_outcome(message.outcome),
        valid=message.valid,
        flags=tuple(_flag(flag) for flag in message.flags),
        version=message.version,
        cipher=message.cipher,
        alpn=message.alpn,
        chain=tuple(_certificate(certificate) for certificate in message.chain),
        verify_message=message.verify_message,
        key_exchange=message.key_exchange,
        days_left=message.days_left if message.HasField("days_left") else None,
        ocsp_status=message.ocsp_status,
        client_certificate_requested=message.client_certificate_requested,
        versions=tuple(
            TlsVersion(
                version=version.version,
                accepted=version.accepted,
                outcome=_outcome(version.outcome),
            )
            for version in message.versions
        ),
    )


def _flag(flag: str) -> TlsFlag:
    try:
        return TlsFlag(flag)
    except ValueError as error:
        raise NewerFactsError(f"flag {flag}") from error


def _certificate(message: facts_pb2.Certificate) -> Certificate:
    return Certificate(
        subject=message.subject,
        issuer=message.issuer,
        names=tuple(message.names),
        serial_number=message.serial_number,
        not_before=_moment(message.not_before) if message.HasField("not_before") else None,
        not_after=_moment(message.not_after) if message.HasField("not_after") else None,
        fingerprint_sha256=message.fingerprint_sha256,
        key_type=message.key_type,
        key_bits=message.key_bits,
        signature_algorithm=message.signature_algorithm,
    )


def _moment(message: Timestamp) -> datetime:
    return message.ToDatetime(tzinfo=UTC)


def _timing(message: facts_pb2.Timing) -> Timing:
    return Timing(
        connect_ms=message.connect_ms if message.HasField("connect_ms") else None,
        tls_ms=message.tls_ms if message.HasField("tls_ms") else None,
        first_byte_ms=message.first_byte_ms if message.HasField("first_byte_ms") else None,
        total_ms=message.total_ms,
    )
