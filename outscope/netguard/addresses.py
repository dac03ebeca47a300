"""Tells the addresses of a stranger's host that the network policy lets a connection go to.

A name is resolved by our resolver only, never by the system; when it, an alias it leads through or
any of its addresses is denied, all are.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final

from outscope.netguard.denials import counted
from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Answer, Resolver, ResolveStatus, UnusableName

_MAX_ADDRESSES: Final = 8  # tried for one connection; all are judged


class ResolveError(OSError):
    """The name has no address to connect to."""

    def __init__(self, host: str, status: ResolveStatus) -> None:
        super().__init__(f"{host} cannot be resolved: {status}")
        self.status = status


def _allowed_addresses(answer: Answer, policy: Policy) -> tuple[IPAddress, ...]:
    """Return all addresses of an answer; raises Denied when the policy denies any part of it."""
    judge_names(answer.aliases, policy)
    for address in answer.addresses:
        denial = policy.denial_for(address)
        if denial is not None:
            raise Denied(counted(denial))
    return answer.addresses


def judge_names(names: Iterable[str], policy: Policy) -> None:
    """Judge names; raises Denied."""
    for name in names:
        denial = policy.denial_for_name(name)
        if denial is not None:
            raise Denied(counted(denial))


async def pinned_addresses(host: str, policy: Policy, resolver: Resolver) -> tuple[IPAddress, ...]:
    """Return the addresses of a name or literal, every one judged now, a few at most.

    Raises Denied, or ResolveError when there is none. To post to one of them, and to no other, is
    to obey the policy also where a connection was made earlier or somebody else makes it.
    """
    literal = literal_address(host)
    if literal is not None:
        denial = policy.denial_for(literal)
        if denial is not None:
            raise Denied(counted(denial))
        return (literal,)
    judge_names((host,), policy)
    try:
        answer = await resolver.addresses(host)
    except UnusableName as error:
        raise ResolveError(host, ResolveStatus.NXDOMAIN) from error
    allowed = _allowed_addresses(answer, policy)
    if not allowed:
        raise ResolveError(host, answer.status)
    return allowed[:_MAX_ADDRESSES]


@lru_cache(maxsize=4096)
def literal_address(host: str) -> IPAddress | None:
    """Return the address that a host is when it is no name."""
    try:
        return ip_address(host)
    except ValueError:
        return None
