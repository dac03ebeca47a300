"""Follows the aliases from the name asked to its records: pure.

A chain may be finished in one response or go on in the next; it never visits a name twice and is
never longer than MAX_ALIASES.
"""

from dataclasses import dataclass
from typing import Final

from outscope.netguard.answer import ResolveStatus
from outscope.netguard.wire import Response, ReturnCode

MAX_ALIASES: Final = 16


@dataclass(slots=True, kw_only=True)
class Lookup:
    """How far the look-up of one record type has come; while it is open, `status` says nothing."""

    chain: tuple[bytes, ...]  # wire names, the one asked for first, the one to ask next last
    is_open: bool = True
    status: ResolveStatus = ResolveStatus.TIMEOUT
    contents: tuple[bytes, ...] = ()  # each different record's data, in the order of the answer
    ttl_s: int | None = None
    server: str = ""
    authenticated: bool = True


def failure_of(response: Response) -> ResolveStatus | None:
    """Return how the resolver failed, or None when it answered; another resolver may do better."""
    if response.rcode in (ReturnCode.NOERROR, ReturnCode.NXDOMAIN):
        return None
    if response.rcode == ReturnCode.SERVFAIL:
        return ResolveStatus.SERVFAIL
    # Whatever else: the resolver would not answer us, which says nothing about the name.
    return ResolveStatus.REFUSED


def advanced(lookup: Lookup, response: Response, server: str) -> Lookup:
    """Return the look-up after an answer, not a failure, about the last name of its chain."""
    chain = list(lookup.chain)
    status = None
    while chain[-1] not in response.contents and chain[-1] in response.aliases:
        target = response.aliases[chain[-1]]
        if target in chain or len(chain) > MAX_ALIASES:
            status = ResolveStatus.CNAME_LOOP
            break
        chain.append(target)
    found = response.contents.get(chain[-1], ())
    grown = len(chain) > len(lookup.chain)
    status = status or _end_of_chain(response, answered=bool(found), grown=grown)
    return Lookup(
        chain=tuple(chain),
        is_open=status is None,
        status=status or lookup.status,
        contents=tuple(dict.fromkeys(found)),
        ttl_s=_smallest(lookup.ttl_s, response, chain),
        server=server,
        authenticated=lookup.authenticated and response.authentic,
    )


def _end_of_chain(response: Response, *, answered: bool, grown: bool) -> ResolveStatus | None:
    if answered:
        return ResolveStatus.OK
    if response.rcode == ReturnCode.NXDOMAIN:
        return ResolveStatus.NXDOMAIN
    if grown and not response.has_soa:  # the resolver stopped half-way: ask it for the rest
        return None
    return ResolveStatus.NO_DATA


def _smallest(ttl_s: int | None, response: Response, chain: list[bytes]) -> int | None:
    for name in chain:
        if name in response.ttls:
            known_s = response.ttls[name]
            ttl_s = known_s if ttl_s is None or known_s < ttl_s else ttl_s
    return ttl_s
