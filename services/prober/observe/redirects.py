"""Follows redirects, hop by hop, as far as the check asks for it.

Law: every hop is under the network policy as the check's own name is: its name is judged before it
is looked up, its aliases and addresses before they are dialled, and its budget is asked for leave.
What is refused gets no packet and ends its chain, never the check; what there is no leave, time or
place for was not asked, which is ours. A GET without cookies and without credentials is all that is
ever sent.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from outscope.netguard.denials import counted
from outscope.netguard.dial import Denied, Exhausted
from outscope.netguard.policy import Denial, DenialKind, Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Resolver, UnusableName
from services.prober.facts import Outcome, OutcomeCode, PathFacts, Redirect, TlsFacts
from services.prober.observe.dns import Located, is_usable_address, locate
from services.prober.observe.exchange import Endpoint
from services.prober.observe.leave import Leave, WithoutLeave, refusal_of
from services.prober.observe.limits import PROBE_BYTES
from services.prober.observe.location import (
    BARRED_PORTS,
    Hop,
    UnusableLocation,
    hop_to,
    literal_in,
)
from services.prober.observe.means import Tools
from services.prober.observe.paths import Requester
from services.prober.observe.port import PortVisit
from services.prober.observe.target import Target

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

# Where requests go, and the addresses that are tried there.
_Place = tuple[Endpoint, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What a hop to another name takes: how it is looked up, judged, and asked leave for."""

    resolver: Resolver
    tools: Tools
    has_ipv6: bool
    leave: Leave | None


_BARRED: Final = Denial(
    kind=DenialKind.BARRED_PORT, name="a port that browsers never speak HTTP to"
)


class _Refused(Exception):  # noqa: N818 - the state it tells of
    """A hop is not requested: for what forbids it, which is counted, or for another reason."""

    def __init__(self, why: OutcomeCode | Denial) -> None:
        super().__init__(why)
        self.code, self.denial = OutcomeCode.POLICY_REFUSED, ""
        if isinstance(why, Denial):
            self.denial = counted(why).name
        else:
            self.code = why


async def follow_redirects(
    target: Target,
    visit: PortVisit | None,
    paths: Iterable[PathFacts],
    guide: Guide,
    max_redirects: int,
) -> tuple[PathFacts, ...]:
    """Return the answers with the redirects that follow each, at most so many."""
    if visit is None or visit.endpoint is None:
        return tuple(paths)
    follower = _Follower(target, visit, guide)
    try:
        return tuple([await follower.follow(path, max_redirects) for path in paths])
    finally:
        follower.close()


class _Follower:
    """Follows the redirects of one check: holds one connection beside the one to its endpoint."""

    def __init__(self, target: Target, visit: PortVisit, guide: Guide) -> None:
        assert visit.endpoint is not None  # noqa: S101 - told by the caller; narrows the type
        self._target = target
        self._own = visit.endpoint
        self._guide = guide
        # By name: each is looked up once a check, and dialled where it was judged.
        self._targets: dict[str, Target | OutcomeCode | Denial] = {target.fqdn: target}
        self._without_leave: set[str] = set()
        # The address that the chain's first answer is from.
        self._address = visit.facts.address
        self._place_at_hand: _Place = (self._own, (self._address,))
        self._at_hand = Requester(
            *(target, visit.endpoint, (self._address,), visit.connection),
            is_open=True,
            tls=visit.facts.tls,
        )
        self._elsewhere: tuple[_Place, Requester] | None = None

    def close(self) -> None:
        """Close every connection that was made to follow a redirect."""
        self._leave_elsewhere()
        for target in self._targets.values():
            if isinstance(target, Target) and target is not self._target:
                target.close()

    async def follow(self, path: PathFacts, max_redirects: int) -> PathFacts:
        if not _leads_on(path):
            return path
        before = Hop(endpoint=self._own, path=path.path)
        answer, seen = path, {before.url}
        self._address = path.address or self._address
        redirects: list[Redirect] = []
        while len(redirects) < max_redirects and _leads_on(answer):
            try:
                hop = hop_to(answer.location, before)
            except UnusableLocation as error:
                redirects.append(Redirect(answer=_nowhere(error.code), cross_host=False))
                break
            if hop is None:
                break
            if redirects:
                redirects[-1] = self._passed(redirects[-1])
            redirect = await self._followed(hop, before, seen)
            redirects.append(redirect)
            answer = redirect.answer
            seen.add(hop.url)
            before = hop
        return replace(path, redirects=tuple(redirects))

    def _passed(self, redirect: Redirect) -> Redirect:
        """Return a redirect that leads on, with the beginning of its body only."""
        body = redirect.answer.body
        if len(body) <= PROBE_BYTES:
            return redirect
        self._target.allowance.give_back(len(body) - PROBE_BYTES)
        answer = replace(redirect.answer, body=body[:PROBE_BYTES], truncated=True)
        return replace(redirect, answer=answer)

    async def _followed(self, hop: Hop, before: Hop, seen: set[str]) -> Redirect:
        """Return what a hop answered, or why it was not requested."""
        is_cross_host = hop.endpoint.fqdn != before.endpoint.fqdn
        denial = ""
        try:
            requester = await self._requester_for(hop, before, seen)
            self._target.requests.expect(1)
            answer = await requester.request(hop.path)
            self._target.requests.expect(0)
            return Redirect(answer=answer, cross_host=is_cross_host, tls=_leaf_only(requester.tls))
        except _Refused as refused:
            code, denial = refused.code, refused.denial
        except Denied as error:  # counted where it was dialled
            code, denial = OutcomeCode.POLICY_REFUSED, error.denial.name
        except WithoutLeave:
            self._without_leave.add(hop.endpoint.fqdn)
            code = OutcomeCode.HTTP_NOT_ASKED
        except Exhausted:
            code = OutcomeCode.HTTP_NOT_ASKED
        return Redirect(answer=_unasked(hop, code), cross_host=is_cross_host, denial=denial)

    async def _requester_for(self, hop: Hop, before: Hop, seen: set[str]) -> Requester:
        """Return who may request a hop, which is counted as one request; raises _Refused."""
        if hop.url in seen:
            raise _Refused(OutcomeCode.HTTP_REDIRECT_LOOP)
        if hop.endpoint.port in BARRED_PORTS and hop.endpoint != before.endpoint:
            raise _Refused(_BARRED)
        if self._target.is_over:
            raise _Refused(OutcomeCode.HTTP_NOT_ASKED)
        try:
            async with asyncio.timeout_at(self._target.deadline):
                return await self._requester(hop.endpoint)
        except TimeoutError as error:
            raise _Refused(OutcomeCode.HTTP_NOT_ASKED) from error

    async def _requester(self, endpoint: Endpoint) -> Requester:
        policy = self._guide.tools.policy
        denial = policy.denial_for_name(endpoint.fqdn)
        if denial is not None:
            raise _Refused(denial)
        target = await self._target_named(endpoint.fqdn)
        addresses = self._addresses_for(endpoint, target)
        await self._count(endpoint.fqdn, addresses)
        place = (endpoint, addresses)
        if place == self._place_at_hand:
            return self._at_hand
        if self._elsewhere is None or self._elsewhere[0] != place:
            self._leave_elsewhere()
            self._elsewhere = place, Requester(target, endpoint, addresses)
        return self._elsewhere[1]

    async def _count(self, fqdn: str, addresses: tuple[str, ...]) -> None:
        """Take leave for a request; a host that gave none once is not asked for it again."""
        leave = self._guide.leave
        if leave is None:
            return
        until = asyncio.get_running_loop().time() + self._guide.tools.limits.leave_timeout_s
        if fqdn in self._without_leave or await refusal_of(leave, fqdn, addresses, until=until):
            self._without_leave.add(fqdn)
            raise _Refused(OutcomeCode.HTTP_NOT_ASKED)

    def _addresses_for(self, endpoint: Endpoint, target: Target) -> tuple[str, ...]:
        """Return the addresses to try; of the check's own name first the one that answered."""
        if target is not self._target:
            return target.addresses
        if endpoint == self._own:
            return (self._address,)
        others = (address for address in target.addresses if address != self._address)
        return (self._address, *others)

    def _leave_elsewhere(self) -> None:
        if self._elsewhere is not None:
            self._elsewhere[1].close()
            self._elsewhere = None

    async def _target_named(self, fqdn: str) -> Target:
        known = self._targets.get(fqdn)
        if known is None:
            known = self._targets[fqdn] = await self._found(fqdn)
        if isinstance(known, Target):
            return known
        raise _Refused(known)

    async def _found(self, fqdn: str) -> Target | OutcomeCode | Denial:
        """Return a name to be visited, or why it is not."""
        guide, policy = self._guide, self._guide.tools.policy
        literal = literal_in(fqdn)
        if literal is not None:
            why = _failure_of_literal(literal, policy, has_ipv6=guide.has_ipv6)
            return why or self._target.beside(fqdn, (str(literal),))
        try:
            located = await locate(fqdn, guide.resolver, policy, has_ipv6=guide.has_ipv6)
        except UnusableName:
            return OutcomeCode.HTTP_MALFORMED
        return _failure_to_locate(located) or self._target.beside(fqdn, located.addresses)


def _failure_of_literal(
    literal: IPAddress, policy: Policy, *, has_ipv6: bool
) -> OutcomeCode | Denial | None:
    denial = policy.denial_for(literal)
    if denial is not None:
        return denial
    is_usable = is_usable_address(literal, policy, has_ipv6=has_ipv6)
    return None if is_usable else OutcomeCode.TCP_NO_IPV6


def _failure_to_locate(located: Located) -> OutcomeCode | Denial | None:
    if located.denial is not None:
        return located.denial
    if located.needs_ipv6:
        return OutcomeCode.TCP_NO_IPV6
    return None if located.facts.outcome.ok else located.facts.outcome.code


def _leads_on(answer: PathFacts) -> bool:
    return answer.status in REDIRECTS and bool(answer.location)


def _leaf_only(tls: TlsFacts | None) -> TlsFacts | None:
    return None if tls is None else replace(tls, chain=tls.chain[:1])


def _unasked(hop: Hop, code: OutcomeCode) -> PathFacts:
    return PathFacts(path=hop.path, outcome=Outcome(code=code), url=hop.url)


def _nowhere(code: OutcomeCode) -> PathFacts:
    return PathFacts(path="", outcome=Outcome(code=code))
