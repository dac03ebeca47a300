"""Visits one port: finds TLS and HTTP on it whatever its number, and asks for the first path.

One connection serves TCP, TLS and the first request. Only when a port does not speak what was
tried first is a second one made to try the other; what answers in TLS is not asked in the clear. A
server of plain HTTP may wait for the rest of what to it is half a request: where a handshake meets
with silence, both are tried side by side, and the first to be answered in its tongue counts. One
more is made where a server shows that it speaks HTTP in another version only.
"""

import asyncio
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from services.prober.facts import Outcome, OutcomeCode, PortFacts, TcpState, TlsFacts
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint
from services.prober.observe.limits import PROBE_BYTES
from services.prober.observe.memory import Allowance
from services.prober.observe.service import service_saying
from services.prober.observe.target import Attempt, Target
from services.prober.observe.tcp import NotOpened
from services.prober.observe.tls import tls_facts

# Where plain HTTP is by far the likelier; everywhere else TLS is tried first.
_PLAIN_FIRST: Final = frozenset({80, 3000, 5000, 8000, 8008, 8080, 8081, 8888})
# What TLS servers that also read HTTP answer to a request in the clear.
_BAD_REQUEST: Final = 400
# A port that was open a moment ago and now does not take the connection that HTTP needs.
_HTTP_CODES: Final = MappingProxyType(
    {
        TcpState.REFUSED: OutcomeCode.HTTP_CLOSED,
        TcpState.FILTERED: OutcomeCode.HTTP_TIMEOUT,
        TcpState.UNREACHABLE: OutcomeCode.HTTP_CLOSED,
        TcpState.RESET: OutcomeCode.HTTP_RESET,
    }
)
_NOT_TLS: Final = Outcome(code=OutcomeCode.TLS_NOT_TLS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortVisit:
    """What a port showed, and when it speaks HTTP the connection and endpoint to go on with."""

    facts: PortFacts
    endpoint: Endpoint | None = None
    connection: Connection | None = None

    def close(self) -> None:
        """Let go of the connection."""
        if self.connection is not None:
            self.connection.close()

    def forget(self, allowance: Allowance) -> None:
        """Let go of the connection, and count the body as held no more."""
        self.close()
        if self.facts.probe is not None:
            allowance.give_back(len(self.facts.probe.body))

    def dismissed(self, allowance: Allowance) -> "PortVisit":
        """Return the visit without its connection, and with the beginning of its body only."""
        self.close()
        probe = self.facts.probe
        if probe is None or len(probe.body) <= PROBE_BYTES:
            return PortVisit(facts=self.facts, endpoint=self.endpoint)
        allowance.give_back(len(probe.body) - PROBE_BYTES)
        probe = replace(probe, body=probe.body[:PROBE_BYTES], truncated=True)
        return replace(self, connection=None, facts=replace(self.facts, probe=probe))


async def visit_port(target: Target, port: int) -> PortVisit:
    """Open a port and look at what speaks on it; raises Denied, Exhausted and WithoutLeave."""
    plain_first = port in _PLAIN_FIRST
    scheme = "http" if plain_first else "https"
    endpoint = Endpoint(scheme=scheme, fqdn=target.fqdn, port=port)
    first = await target.attempt(endpoint, target.first_path, is_patient=plain_first)
    if isinstance(first, NotOpened):
        return PortVisit(
            facts=PortFacts(
                port=port, state=first.state, address=first.address, tcp_outcome=first.outcome
            )
        )
    return await (_after_plain if plain_first else _after_tls)(target, first)


def http_outcome_of(not_opened: NotOpened) -> Outcome:
    """Return how an exchange ended for which no connection could be made."""
    code = _HTTP_CODES[not_opened.state]
    return Outcome(code=code, duration_ms=not_opened.outcome.duration_ms)


async def _after_tls(target: Target, first: Attempt) -> PortVisit:
    if first.is_silent:
        return await _side_by_side(target, first)
    if first.spoke_tls:
        return _encrypted(target, first, await target.as_insisted_on(first))
    first.connection.close()
    return _without_tls(first, await _again(target, first, "http"))


async def _side_by_side(target: Target, first: Attempt) -> PortVisit:
    """Ask in the clear while a handshake goes unanswered; a word of TLS outweighs any HTTP."""
    settled = asyncio.ensure_future(target.settled(first))
    plain = asyncio.ensure_future(_again(target, first, "http"))
    try:
        await asyncio.wait((settled, plain), return_when=asyncio.FIRST_COMPLETED)
        if not first.spoke_tls and plain.done() and _proves_http(plain.result()):
            first.connection.close()
            return _without_tls(first, plain.result())
        first = await settled
        if not first.spoke_tls:
            # A server of one connection at a time comes to the other only now.
            first.connection.close()
            return _without_tls(first, await plain)
    finally:
        settled.cancel()
        plain.cancel()
        await asyncio.gather(settled, plain, return_exceptions=True)
    return _encrypted(target, first, await target.as_insisted_on(first))


def _proves_http(attempt: Attempt | NotOpened) -> bool:
    """Tell an answer in HTTP from none, and from what TLS servers answer in the clear."""
    if isinstance(attempt, NotOpened) or not attempt.spoke_http:
        return False
    return attempt.exchange.reader.status != _BAD_REQUEST


def _without_tls(first: Attempt, second: Attempt | NotOpened) -> PortVisit:
    """Return the visit of a port that gave no answer in TLS, from what it gave in the clear."""
    if isinstance(second, NotOpened):
        return _unspoken(first, first.tls_outcome, http_outcome_of(second))
    return _plain(first, second, _NOT_TLS if second.spoke_http else first.tls_outcome)


async def _after_plain(target: Target, first: Attempt) -> PortVisit:
    if _proves_http(first):
        return _plain(first, first, _NOT_TLS)
    second = await _again(target, first, "https")
    if isinstance(second, NotOpened):
        return _plain(first, first, _NOT_TLS)
    if second.spoke_tls:
        first.connection.close()
        return _encrypted(target, first, await target.as_insisted_on(second))
    second.connection.close()
    return _plain(first, first, _NOT_TLS if first.spoke_http else second.tls_outcome)


async def _again(target: Target, first: Attempt, scheme: str) -> Attempt | NotOpened:
    """Connect once more to the address that took the first connection."""
    asked = first.exchange.endpoint
    endpoint = Endpoint(scheme=scheme, fqdn=asked.fqdn, port=asked.port)
    addresses = (first.opened.address,)
    return await target.attempt(endpoint, target.first_path, addresses=addresses)


def _encrypted(target: Target, first: Attempt, spoken: Attempt) -> PortVisit:
    """Return the visit of a port that speaks TLS, be it only to refuse us."""
    tls = spoken.connection.tls
    if tls is None:
        raise AssertionError("only an attempt over TLS comes here")
    facts = tls_facts(tls.shown, spoken.tls_outcome, target.fqdn, target.moment)
    return _visit(first, spoken, spoken.tls_outcome, facts)


def _plain(first: Attempt, spoken: Attempt, tls_outcome: Outcome) -> PortVisit:
    """Return the visit of a port that does not speak TLS, and perhaps HTTP."""
    return _visit(first, spoken, tls_outcome, None)


def _visit(
    first: Attempt, spoken: Attempt, tls_outcome: Outcome, tls: TlsFacts | None
) -> PortVisit:
    said = b"" if tls is not None or spoken.spoke_http else first.heard or spoken.heard
    facts = PortFacts(
        port=spoken.exchange.endpoint.port,
        state=TcpState.OPEN,
        address=first.opened.address,
        tcp_outcome=first.opened.outcome,
        tls=tls,
        tls_outcome=tls_outcome,
        speaks_http=spoken.spoke_http,
        http_outcome=spoken.outcome,
        probe=spoken.facts() if spoken.spoke_http else None,
        banner=said,
        service=service_saying(said) if said else _web_service(spoken, tls),
    )
    if spoken.spoke_http:
        return PortVisit(
            facts=facts, endpoint=spoken.exchange.endpoint, connection=spoken.connection
        )
    spoken.connection.close()
    return PortVisit(facts=facts)


def _web_service(spoken: Attempt, tls: TlsFacts | None) -> str:
    if not spoken.spoke_http:
        return ""
    return "http" if tls is None else "https"


def _unspoken(first: Attempt, tls_outcome: Outcome, http_outcome: Outcome) -> PortVisit:
    return PortVisit(
        facts=PortFacts(
            port=first.exchange.endpoint.port,
            state=TcpState.OPEN,
            address=first.opened.address,
            tcp_outcome=first.opened.outcome,
            tls_outcome=tls_outcome,
            http_outcome=http_outcome,
            banner=first.heard,
            service=service_saying(first.heard),
        )
    )
