"""Looks the name up: which addresses it has, how that was found out, and which may be dialled."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from outscope.netguard.policy import Denial, Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Answer, Resolver, ResolveStatus
from services.prober.facts import DnsFacts, Outcome, OutcomeCode
from services.prober.observe.limits import ADDRESSES

# How a look-up ended, as an outcome.
CODES: Final = MappingProxyType(
    {
        ResolveStatus.OK: OutcomeCode.OK,
        ResolveStatus.NXDOMAIN: OutcomeCode.DNS_NXDOMAIN,
        ResolveStatus.NO_DATA: OutcomeCode.DNS_NO_DATA,
        ResolveStatus.SERVFAIL: OutcomeCode.DNS_SERVFAIL,
        ResolveStatus.REFUSED: OutcomeCode.DNS_REFUSED,
        ResolveStatus.TIMEOUT: OutcomeCode.DNS_TIMEOUT,
        ResolveStatus.MALFORMED: OutcomeCode.DNS_MALFORMED,
        ResolveStatus.CNAME_LOOP: OutcomeCode.DNS_CNAME_LOOP,
        ResolveStatus.UNREACHABLE: OutcomeCode.DNS_UNREACHABLE,
    }
)
_IPV6_INTERFACES: Final = Path("/proc/net/if_inet6")


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """What the look-up says of the name."""

    facts: DnsFacts
    # The first alias or address the policy forbids; with one, nothing at all is dialled.
    denial: Denial | None
    # The addresses to dial, in the order to try them.
    addresses: tuple[str, ...]
    # The addresses to tell of, those to dial among them, in the order of the answer.
    listed: tuple[str, ...]
    # Addresses beyond those.
    left_out: int
    # There are IPv6 addresses only, and this machine has no IPv6.
    needs_ipv6: bool


async def locate(fqdn: str, resolver: Resolver, policy: Policy, *, has_ipv6: bool) -> Located:
    """Look a name up, A and AAAA at once."""
    answer = await resolver.addresses(fqdn)
    found = answer.addresses
    denials = (
        *map(policy.denial_for_name, answer.aliases),
        *map(policy.denial_for, found),
    )
    reachable = [each for each in found if is_usable_address(each, policy, has_ipv6=has_ipv6)]
    listed = _listed(found, reachable[:ADDRESSES])
    return Located(
        facts=dns_facts(answer),
        denial=next((denial for denial in denials if denial is not None), None),
        addresses=tuple(str(address) for address in reachable[:ADDRESSES]),
        listed=tuple(map(str, listed)),
        left_out=len(found) - len(listed),
        needs_ipv6=bool(found) and not reachable,
    )


def _listed(found: Sequence[IPAddress], dialled: Sequence[IPAddress]) -> Sequence[IPAddress]:
    """Return the addresses that are dialled, and others while there are not too many, in order."""
    if len(found) <= ADDRESSES:
        return found
    others = [address for address in found if address not in dialled]
    kept = {*dialled, *others[: ADDRESSES - len(dialled)]}
    return [address for address in found if address in kept]


def dns_facts(answer: Answer) -> DnsFacts:
    """Return the facts of an answer."""
    return DnsFacts(
        outcome=Outcome(code=CODES[answer.status], duration_ms=answer.duration_ms),
        a_records=tuple(str(address) for address in answer.a.addresses),
        aaaa_records=tuple(str(address) for address in answer.aaaa.addresses),
        cname_chain=answer.cname_chain,
        ttl_s=answer.ttl_s,
        resolver=answer.server,
        authenticated=answer.authenticated,
        a_outcome=Outcome(code=CODES[answer.a.status], duration_ms=answer.duration_ms),
        aaaa_outcome=Outcome(code=CODES[answer.aaaa.status], duration_ms=answer.duration_ms),
    )


def machine_has_ipv6(interfaces: Path = _IPV6_INTERFACES) -> bool:
    """Tell whether this machine has an IPv6 address of the public Internet, 2000::/3.

    Without one, what has IPv6 addresses only is not down: we cannot know.
    """
    if not interfaces.parent.is_dir():  # not Linux: try, and see
        return True
    try:
        lines = interfaces.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:  # a kernel without IPv6
        return False
    return any(line[:1] in {"2", "3"} for line in lines)


def is_usable_address(address: IPAddress, policy: Policy, *, has_ipv6: bool) -> bool:
    """Tell whether an address can be dialled from here at all."""
    is_ipv4 = address.version == 4  # noqa: PLR2004 - the version is its name
    return has_ipv6 or is_ipv4 or policy.is_opened(address)
