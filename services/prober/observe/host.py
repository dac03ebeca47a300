"""Looks at one name: its addresses, then every port at once, then the paths on the best of them."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from outscope.failures import FailureReason
from outscope.netguard.denials import counted
from outscope.netguard.dial import Denied, Exhausted
from outscope.netguard.policy import Denial, DenialKind
from outscope.netguard.resolve import Resolver
from services.prober.facts import (
    CheckSpec,
    DnsRecords,
    Failure,
    HostFacts,
    OutcomeCode,
    Owner,
    PortFacts,
    Postponed,
)
from services.prober.observe.discovery import discover
from services.prober.observe.dns import Located, locate
from services.prober.observe.everywhere import ask_every_address
from services.prober.observe.leave import Leave, WithoutLeave, requests_of
from services.prober.observe.limits import BODY_BYTES, HEADER_BYTES
from services.prober.observe.means import Means, Tools
from services.prober.observe.memory import Allowance
from services.prober.observe.note import Note, unheard
from services.prober.observe.paths import best_visit, visit_paths
from services.prober.observe.ports import visit_ports
from services.prober.observe.records import observe_records
from services.prober.observe.redirects import Guide, follow_redirects
from services.prober.observe.survey import Survey
from services.prober.observe.tally import MOST, Tally
from services.prober.observe.target import Target
from services.prober.observe.tls_versions import with_versions

# How our own look-up fails, the target having no part in it: why, and what happened, for people.
_UNTOLD: Final = MappingProxyType(
    {
        OutcomeCode.DNS_UNREACHABLE: (
            FailureReason.RESOLVER_UNAVAILABLE,
            "No DNS resolver could be reached",
        ),
        OutcomeCode.DNS_TIMEOUT: (
            FailureReason.RESOLVER_UNAVAILABLE,
            "No DNS resolver answered in time",
        ),
        OutcomeCode.DNS_REFUSED: (
            FailureReason.RESOLVER_FAILED,
            "The DNS resolver refused to answer",
        ),
        OutcomeCode.DNS_MALFORMED: (
            FailureReason.RESOLVER_FAILED,
            "The DNS resolver's answer could not be read",
        ),
    }
)


async def observe_host(
    spec: CheckSpec,
    resolver: Resolver,
    tools: Tools,
    *,
    has_ipv6: bool,
    leave: Leave | None = None,
    allowance: Allowance | None = None,
    note: Note = unheard,
) -> HostFacts | Failure | Postponed:
    """Return what a name shows, or why we did not look at it; leave is asked for before we do.

    What the facts hold is counted in the allowance, which stays open. note is told each thing as
    soon as it is seen. Raises Exhausted when we had no means left for a connection, or for what
    came over it.
    """
    deadline = asyncio.get_running_loop().time() + tools.limits.deadline_s
    denial = tools.policy.denial_for_name(spec.fqdn)
    if denial is not None:
        return refused(spec.fqdn, counted(denial))
    located = await locate(spec.fqdn, resolver, tools.policy, has_ipv6=has_ipv6)
    failure = _failure_to_locate(spec.fqdn, located)
    if failure is not None:
        return failure
    if leave is not None and located.addresses:
        requests = requests_of(spec, len(located.addresses))
        refusal = await leave(spec.fqdn, located.addresses, requests)
        if refusal is not None:
            return refusal
    try:
        guide = Guide(resolver=resolver, tools=tools, has_ipv6=has_ipv6, leave=leave)
        means = Means.of(
            *(tools, deadline, allowance or Allowance(tools.memory), leave),
            requests=Tally(MOST[spec.discovery]),
        )
        target = _target_of(spec, located, tools, means, note)
        looking = _observe_located(spec, located, target, guide if spec.max_redirects else None)
        if spec.dns_records:
            until = asyncio.get_running_loop().time() + tools.limits.records_timeout_s
            asking = observe_records(spec.fqdn, resolver, until=min(until, deadline))
            looking = _with_records(looking, asking)
        return await looking
    except Denied as error:
        return refused(spec.fqdn, error.denial)
    except WithoutLeave as error:
        return error.refusal


def _target_of(spec: CheckSpec, located: Located, tools: Tools, means: Means, note: Note) -> Target:
    means.allowance.expect(_most_bytes(spec, len(located.addresses)))
    target = Target(*(spec.fqdn, located.addresses, spec.paths[0], tools, means), http2=spec.http2)
    target.note = note
    return target


def _most_bytes(spec: CheckSpec, addresses: int) -> int:
    """Return what a check holds at most: a head and a body of every answer it may ask for."""
    answers = len(spec.paths) * (1 + spec.max_redirects) * (addresses if spec.all_addresses else 1)
    return (answers + MOST[spec.discovery]) * (HEADER_BYTES + BODY_BYTES)


def _failure_to_locate(fqdn: str, located: Located) -> Failure | None:
    """Return why a name that was looked up is not looked at."""
    if located.facts.outcome.code in _UNTOLD:
        return unresolved(fqdn, located.facts.outcome.code)
    if located.denial is not None:
        return refused(fqdn, counted(located.denial))
    if located.needs_ipv6:
        return Failure(
            reason=FailureReason.IPV6_UNAVAILABLE,
            owner=Owner.OURS,
            message=f"{fqdn} has IPv6 addresses only, and this vantage point has no IPv6.",
        )
    return None


def unresolved(fqdn: str, code: OutcomeCode) -> Failure:
    """Return the failure of a check whose name we could not look up; the target is not to blame."""
    reason, happened = _UNTOLD[code]
    return Failure(
        reason=reason,
        owner=Owner.RESOLVER,
        message=f"{happened} for {fqdn}, so nothing is known of it; check again later.",
    )


def refused(fqdn: str, denial: Denial) -> Failure:
    """Return the failure of a check of a target that the network policy forbids.

    The kind of range is told, the address is not: it may be one of our own network's names. Of the
    operator's list nothing is told but that it applies.
    """
    if denial.kind is DenialKind.LISTED:
        message = (
            f"The operator of this installation has listed {fqdn}, or a name or address it leads "
            "to, as never to be probed."
        )
    else:
        message = (
            f"{fqdn} resolves to an address that network policy does not allow; "
            f"its range is set aside: {denial.name}."
        )
    return Failure(reason=FailureReason.TARGET_REFUSED, owner=Owner.POLICY, message=message)


async def _with_records(
    looking: Coroutine[None, None, HostFacts],
    asking: Coroutine[None, None, tuple[DnsRecords, ...]],
) -> HostFacts:
    """Ask for the other records beside everything else, which does not wait for them."""
    asked = asyncio.ensure_future(asking)
    try:
        facts = await looking
        return replace(facts, dns=replace(facts.dns, records=await asked))
    finally:
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)


async def _observe_located(
    spec: CheckSpec, located: Located, target: Target, guide: Guide | None
) -> HostFacts:
    target.note(located.facts)
    try:
        visits = await visit_ports(target, spec.ports) if located.addresses else []
        best = best_visit(visits)
        paths = await visit_paths(target, visits, spec.paths)
        _raise_if_held_up(target)  # what follows a check can do without, and is told as not asked
        if spec.all_addresses:
            paths = await ask_every_address(target, best, paths)
        if guide is not None:
            paths = await follow_redirects(target, best, paths, guide, spec.max_redirects)
        if target.survey.is_going_on:
            target.close()
        await target.survey.ended()
        is_cut_short = target.is_over
        ports = tuple(visit.facts for visit in visits)
        if spec.tls_versions:
            target.close()
            ports = await with_versions(target, ports)
        control, discovered = await discover(target, best, paths, spec.discovery)
    finally:
        await target.survey.stop()
        target.close()
    return HostFacts(
        spec=spec,
        dns=located.facts,
        ports=tuple(_with_addresses(port, located, target.survey) for port in ports),
        paths=paths,
        control=control,
        discovered=discovered,
        deadline_hit=is_cut_short,
    )


def _raise_if_held_up(target: Target) -> None:
    """Raise Exhausted where what was seen so far may be for want of means of ours."""
    allowance = target.allowance
    if allowance.is_exhausted or (target.is_over and allowance.was_held_up):
        raise Exhausted("no memory or TLS session was left in time")


def _with_addresses(port: PortFacts, located: Located, survey: Survey) -> PortFacts:
    return replace(
        port,
        addresses=tuple(survey.answer(port, address) for address in located.listed),
        addresses_left_out=located.left_out,
    )
