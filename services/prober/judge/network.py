"""Says in reasons what the network showed: names, ports, TLS, and what is not HTTP."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from services.prober.facts import (
    HostFacts,
    Outcome,
    OutcomeCode,
    PortFacts,
    TcpState,
    TlsFacts,
    TlsFlag,
)
from services.prober.judge.codes import Note, reason_for
from services.prober.judge.names import endpoint_of, is_twin
from services.prober.judge.verdict import MAX_EVIDENCE, Evidence, Reason, seen

_MESSAGES: Final = MappingProxyType(
    {
        OutcomeCode.DNS_NXDOMAIN: "The name {host} does not exist; create its DNS record.",
        OutcomeCode.DNS_NO_DATA: "The name {host} has no address; add an A or AAAA record.",
        OutcomeCode.DNS_SERVFAIL: (
            "The name {host} cannot be resolved: its zone or DNSSEC is broken; check both."
        ),
        # These four are the resolver's; with one of them observing ends in a failure.
        OutcomeCode.DNS_REFUSED: "The resolver refused to look {host} up; check the resolver.",
        OutcomeCode.DNS_TIMEOUT: "No resolver answered for {host} in time; check again later.",
        OutcomeCode.DNS_MALFORMED: (
            "The resolver's answer for {host} could not be read; check the resolver."
        ),
        OutcomeCode.DNS_UNREACHABLE: "No DNS resolver could be reached; check again later.",
        OutcomeCode.DNS_CNAME_LOOP: "The CNAME records of {host} lead in a circle; correct them.",
        OutcomeCode.TCP_REFUSED: (
            "Port {ports} refused the connection; start a server there or check another port."
        ),
        OutcomeCode.TCP_TIMEOUT: (
            "Port {ports} did not answer; a firewall drops our packets or the host is down."
        ),
        OutcomeCode.TCP_UNREACHABLE: "There is no route to port {ports}; check its network.",
        OutcomeCode.TCP_RESET: "Port {ports} closed the connection at once; check what listens.",
        OutcomeCode.TCP_NO_IPV6: (
            "Port {ports} was not tried: this vantage point has no IPv6; choose another."
        ),
        OutcomeCode.TLS_TIMEOUT: "The TLS handshake on port {ports} did not end in time.",
        OutcomeCode.TLS_ALERT: (
            "The server on port {ports} ended the TLS handshake with an alert; check its TLS "
            "configuration for this name."
        ),
        OutcomeCode.TLS_PROTOCOL_UNSUPPORTED: (
            "Port {ports} offers only TLS versions no current client accepts; enable TLS 1.2."
        ),
        OutcomeCode.TLS_CLIENT_CERTIFICATE_REQUIRED: (
            "Port {ports} asks for a client certificate; give the scanner one."
        ),
        OutcomeCode.TLS_SNI_REFUSED: (
            "The server on port {ports} does not know the name {host}; add it there."
        ),
        OutcomeCode.TLS_RESET: (
            "The connection to port {ports} was reset in the TLS handshake; something on the way "
            "may refuse our client."
        ),
        OutcomeCode.TLS_CLOSED: "The server on port {ports} hung up in the TLS handshake.",
        OutcomeCode.TLS_MALFORMED: "Port {ports} broke the TLS handshake; check what listens.",
        OutcomeCode.HTTP_NOT_HTTP: (
            "Port {ports} is open and does not speak HTTP; check the port the application is on."
        ),
        OutcomeCode.HTTP_TIMEOUT: (
            "Port {ports} accepted the connection and sent no answer in time; check the "
            "application behind it."
        ),
        OutcomeCode.HTTP_MALFORMED: "Port {ports} sent an answer that breaks the rules of HTTP.",
        OutcomeCode.HTTP_CLOSED: "Port {ports} closed the connection without an answer.",
        OutcomeCode.HTTP_RESET: "Port {ports} reset the connection when the request was sent.",
        OutcomeCode.HTTP_TOO_LARGE: "Port {ports} sent headers too large to read.",
        OutcomeCode.HTTP_NO_ENDPOINT: "No checked port of {host} speaks HTTP.",
        OutcomeCode.HTTP_NOT_ASKED: (
            "Not all of port {ports} was asked: time, budget or places of ours were used up; check "
            "again later."
        ),
        OutcomeCode.POLICY_REFUSED: (
            "Our network policy forbids connecting to port {ports} of this address."
        ),
        OutcomeCode.INTERNAL: "The check of port {ports} failed on our side; check again.",
    }
)
_FLAWS: Final = MappingProxyType(
    {
        TlsFlag.EXPIRED: "it has expired",
        TlsFlag.NOT_YET_VALID: "it is not valid yet",
        TlsFlag.SELF_SIGNED: "it is self-signed",
        TlsFlag.NAME_MISMATCH: "it is for another name",
        TlsFlag.UNTRUSTED_ROOT: "its root is not trusted",
        TlsFlag.INCOMPLETE_CHAIN: "an intermediate certificate is missing",
        TlsFlag.WEAK_KEY: "its key is weak",
        TlsFlag.WEAK_SIGNATURE: "its signature is weak",
        TlsFlag.REVOKED: "it has been revoked",
    }
)
_DEFAULT_PORTS: Final = MappingProxyType({"http": 80, "https": 443})
_UNSPOKEN: Final = frozenset({OutcomeCode.OK, OutcomeCode.TLS_NOT_TLS})


def failure_reasons(facts: HostFacts) -> tuple[Reason, ...]:
    """Return why no answer of HTTP came: the name, or each way requests and ports failed."""
    if not facts.dns.outcome.ok:
        evidence = seen("network.dns", "dns.outcome", facts.dns.outcome.code)
        return (_reason(facts, facts.dns.outcome.code, [(evidence, 0)]),)
    failed: dict[OutcomeCode, list[tuple[Evidence, int]]] = {}
    for code, evidence, port in (*_failed_requests(facts), *_failed_ports(facts)):
        failed.setdefault(code, []).append((evidence, port))
    if not failed:
        evidence = seen("network.nothing_asked", "paths", len(facts.paths))
        failed[OutcomeCode.HTTP_NO_ENDPOINT] = [(evidence, 0)]
    return tuple(_reason(facts, code, found) for code, found in failed.items())


def _failed_requests(facts: HostFacts) -> Iterator[tuple[OutcomeCode, Evidence, int]]:
    """Return the requests that failed on a port that does speak HTTP."""
    for index, path in enumerate(facts.paths):
        code = path.outcome.code
        if not path.outcome.ok and code is not OutcomeCode.HTTP_NO_ENDPOINT:
            yield code, seen("network.path", f"paths[{index}].outcome", code), _port_of(path.url)


def _port_of(url: str) -> int:
    """Return the port of a requested URL; 0 when there is none."""
    try:
        parts = urlsplit(url)
        return parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return 0


def _failed_ports(facts: HostFacts) -> Iterator[tuple[OutcomeCode, Evidence, int]]:
    for index, port in enumerate(facts.ports):
        field, outcome = _failure_of(port)
        if outcome is not None:
            evidence = seen("network.port", f"ports[{index}].{field}", outcome.code)
            yield outcome.code, evidence, port.port


def _failure_of(port: PortFacts) -> tuple[str, Outcome | None]:
    """Return the stage a port failed at: connecting, the handshake, or HTTP."""
    if port.state is not TcpState.OPEN:
        return "tcp_outcome", port.tcp_outcome
    if port.tls_outcome is not None and port.tls_outcome.code not in _UNSPOKEN:
        return "tls_outcome", port.tls_outcome
    if port.http_outcome is not None and not port.http_outcome.ok:
        return "http_outcome", port.http_outcome
    return "", None


def _reason(facts: HostFacts, code: OutcomeCode, found: list[tuple[Evidence, int]]) -> Reason:
    ports = ", ".join(str(port) for port in dict.fromkeys(port for _, port in found) if port)
    template = _MESSAGES.get(code, "Port {ports} could not be used.")
    message = template.format(host=facts.fqdn, ports=ports or "of the request")
    return reason_for(code, message, tuple(item for item, _ in found))


def certificate_reason(facts: HostFacts) -> Reason | None:
    """Return what is wrong with the certificates presented, or None."""
    evidence: list[Evidence] = []
    flaws: list[str] = []
    ports: dict[str, None] = {}
    for where, port, tls in (*_handshakes_of_ports(facts), *_handshakes_of_hops(facts)):
        if tls.valid or not tls.outcome.ok:
            continue
        value = ", ".join(tls.flags) or tls.verify_message
        evidence.append(seen("tls.certificate", f"{where}.tls.flags", value))
        flaws += [_FLAWS[flag] for flag in tls.flags if _FLAWS[flag] not in flaws]
        ports[port] = None
    if not evidence:
        return None
    why = ", ".join(flaws) or "it could not be verified"
    message = f"Clients will not trust the certificate on port {', '.join(ports)}: {why}."
    return reason_for(Note.CERTIFICATE_INVALID, message, tuple(evidence[:MAX_EVIDENCE]))


def _handshakes_of_ports(facts: HostFacts) -> Iterator[tuple[str, str, TlsFacts]]:
    """Yield where each handshake is in the facts, its port for people, and what it showed."""
    for index, port in enumerate(facts.ports):
        if port.tls is not None:
            yield f"ports[{index}]", str(port.port), port.tls


def _handshakes_of_hops(facts: HostFacts) -> Iterator[tuple[str, str, TlsFacts]]:
    """Yield the same of redirects on the name itself, with or without its www.

    What the ports tell already is left out, and everything after a hop to another name.
    """
    told = {port.port for port in facts.ports if port.tls is not None}
    for index, path in enumerate(facts.paths):
        for number, redirect in enumerate(path.redirects):
            host, port = endpoint_of(redirect.answer.url)
            if not is_twin(host, facts.fqdn):
                break
            is_own = host == facts.fqdn
            if redirect.tls is not None and not (is_own and port in told):
                place = f"{port}" if is_own else f"{port} of {host}"
                yield f"paths[{index}].redirects[{number}]", place, redirect.tls


def cut_short_reason(facts: HostFacts) -> Reason | None:
    """Return that the check ended before everything was looked at, or None."""
    evidence = next(_cut_short(facts), None)
    if evidence is not None:
        message = (
            "The check ran out of time, so some facts are missing; check fewer ports or paths."
        )
        return reason_for(Note.CHECK_CUT_SHORT, message, (evidence,))
    unasked = unasked_ports(facts)
    if not unasked or all(path.status is None for path in facts.paths):
        return None  # then it is told how each port failed
    ports = ", ".join(item.value for item in unasked[:MAX_EVIDENCE])
    message = (
        f"Ports that are open were not asked over HTTP, for a check sends few requests ({ports}); "
        "check them by themselves."
    )
    return reason_for(Note.CHECK_CUT_SHORT, message, unasked[:MAX_EVIDENCE])


def unasked_ports(facts: HostFacts) -> tuple[Evidence, ...]:
    """Return the ports that are open and that no request was left for."""
    return tuple(
        seen("network.unasked_port", f"ports[{index}].http_outcome", port.port)
        for index, port in enumerate(facts.ports)
        if port.http_outcome is not None
        and port.http_outcome.code is OutcomeCode.HTTP_NOT_ASKED
        and port.probe is None
    )


def _cut_short(facts: HostFacts) -> Iterator[Evidence]:
    """Yield what shows that there was no time: of the whole check, or for versions of TLS."""
    rule = "network.deadline"
    if facts.deadline_hit:
        yield seen(rule, "observer.duration_ms", "the limit of a check")
    for index, port in enumerate(facts.ports):
        for number, version in enumerate(port.tls.versions if port.tls is not None else ()):
            if version.outcome.code is OutcomeCode.HTTP_NOT_ASKED:
                field = f"ports[{index}].tls.versions[{number}].outcome"
                yield seen(rule, field, version.outcome.code)
