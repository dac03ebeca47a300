"""Tells which facts may be a fault of the prober's own network: pure."""

from collections.abc import Iterator
from typing import Final

from services.prober.facts import HostFacts, Outcome, OutcomeCode, PathFacts, PortFacts

# What a prober sees of every target while its resolver or its network does not work.
_DOUBTFUL: Final = frozenset(
    {
        OutcomeCode.DNS_SERVFAIL,
        OutcomeCode.DNS_TIMEOUT,
        OutcomeCode.DNS_UNREACHABLE,
        OutcomeCode.TCP_TIMEOUT,
        OutcomeCode.TCP_UNREACHABLE,
        OutcomeCode.TLS_TIMEOUT,
        OutcomeCode.HTTP_TIMEOUT,
    }
)


def is_doubtful(facts: HostFacts) -> bool:
    """Tell whether the prober must be known to be fit for these facts to be the target's."""
    return facts.deadline_hit or any(
        outcome.code in _DOUBTFUL for outcome in _outcomes(facts) if outcome is not None
    )


def _outcomes(facts: HostFacts) -> Iterator[Outcome | None]:
    yield facts.dns.outcome
    for port in facts.ports:
        yield from _outcomes_of_port(port)
    for path in facts.paths:
        yield from _outcomes_of_path(path)
    for further in (facts.control, *facts.discovered):
        if further is not None:
            yield further.outcome


def _outcomes_of_port(port: PortFacts) -> Iterator[Outcome | None]:
    yield from (port.tcp_outcome, port.tls_outcome, port.http_outcome)
    yield from (address.outcome for address in port.addresses)


def _outcomes_of_path(path: PathFacts) -> Iterator[Outcome | None]:
    yield path.outcome
    yield from (redirect.answer.outcome for redirect in path.redirects)
    yield from (other.outcome for other in path.other_addresses)
