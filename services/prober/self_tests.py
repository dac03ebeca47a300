"""What the prober tests of itself: that its resolver answers, and that its network leads outside.

Without a canary nothing is sent to anybody but the resolver, which is asked for the name servers
of a top-level domain: any answer will do. A canary is a place of the operator's choice; its name
must be resolved and its port take a connection.
"""

import asyncio
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from outscope.config import Address
from outscope.netguard.dial import DialError, connect
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import RecordType, Resolver, ResolveStatus
from services.prober.fitness import SelfTest

_KNOWN_NAME: Final = "com"
_ANSWER_WITHIN_S: Final = 5.0
_CONNECT_WITHIN_S: Final = 3.0
_TRIES: Final = 2
_UNANSWERED: Final = frozenset(
    {ResolveStatus.TIMEOUT, ResolveStatus.UNREACHABLE, ResolveStatus.MALFORMED}
)


def self_tests(resolver: Resolver, canary: Address | None) -> Mapping[str, SelfTest]:
    """Return the tests by the part they are of."""

    async def test_resolver() -> str | None:
        if canary is not None and _literal(canary[0]) is None:
            _, fault = await _resolved(resolver, canary[0])
            return fault
        return await _resolver_fault(resolver)

    async def test_canary() -> str | None:
        assert canary is not None  # noqa: S101 - there is no such test without one
        return await _canary_fault(resolver, canary)

    tests: dict[str, SelfTest] = {"resolver": test_resolver}
    if canary is not None:
        tests["canary"] = test_canary
    return tests


async def _resolver_fault(resolver: Resolver) -> str | None:
    until = asyncio.get_running_loop().time() + _ANSWER_WITHIN_S
    records = await resolver.records(_KNOWN_NAME, RecordType.NS, until=until)
    if records.status in _UNANSWERED:
        return f"no resolver answers ({records.status.value})"
    return None


async def _resolved(resolver: Resolver, host: str) -> tuple[tuple[IPAddress, ...], str | None]:
    answer = await resolver.addresses(host)
    if answer.status is ResolveStatus.OK:
        return answer.addresses, None
    return (), f"{host} cannot be resolved ({answer.status.value})"


async def _canary_fault(resolver: Resolver, canary: Address) -> str | None:
    """Return why none of its addresses takes a connection, the last one's reason."""
    host, port = canary
    literal = _literal(host)
    addresses, fault = ((literal,), None) if literal else await _resolved(resolver, host)
    for address in addresses * _TRIES:
        # The operator chose it, wherever it is.
        policy = Policy(allow=(ip_network(address),))
        try:
            transport, _ = await connect(
                asyncio.Protocol, str(address), port, policy=policy, timeout_s=_CONNECT_WITHIN_S
            )
        except DialError as error:
            fault = f"{host}:{port} cannot be reached ({type(error).__name__.lower()})"
        else:
            transport.abort()
            return None
    return fault


def _literal(host: str) -> IPAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
