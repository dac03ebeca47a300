"""Gives aiohttp connections that obey the network policy.

A name is resolved by our resolver only, never by the system; when it, an alias it leads through or
any of its addresses is denied, all are. What a socket is told to connect to is judged once more at
that moment, which is where address literals, redirects and a name that changes its mind between
look-ups end up too.
"""

import socket
import ssl
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from outscope.netguard.denials import counted
from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Answer, Resolver, ResolveStatus, UnusableName

# What the sessions made here are, for those who may not make one.
Session = aiohttp.ClientSession
_MAX_ADDRESSES: Final = 8  # tried for one connection; all are judged


class ResolveError(OSError):
    """The name has no address to connect to; aiohttp wraps it in a ClientConnectorDNSError."""

    def __init__(self, host: str, status: ResolveStatus) -> None:
        super().__init__(f"{host} cannot be resolved: {status}")
        self.status = status


class GuardedResolver(AbstractResolver):
    """Resolves for aiohttp; raises Denied when any address of the name is denied."""

    def __init__(self, policy: Policy, resolver: Resolver) -> None:
        self._policy = policy
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a name, every one judged; a denied name is not looked up."""
        judge_names((host,), self._policy)
        try:
            answer = await self._resolver.addresses(host)
        except UnusableName as error:
            raise ResolveError(host, ResolveStatus.NXDOMAIN) from error
        allowed = allowed_addresses(answer, self._policy)
        if not allowed:
            raise ResolveError(host, answer.status)
        results = (_resolve_result(host, port, address) for address in allowed[:_MAX_ADDRESSES])
        return [each for each in results if family in (socket.AF_UNSPEC, each["family"])]

    async def close(self) -> None:
        """Leave the shared resolver to its owner."""


def _resolve_result(host: str, port: int, address: IPAddress) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=str(address),
        port=port,
        family=socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def allowed_addresses(answer: Answer, policy: Policy) -> tuple[IPAddress, ...]:
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


def judge(host: str, policy: Policy) -> None:
    """Judge an address literal; raises Denied, or ResolveError when it is none."""
    try:
        denial = policy.denial_for(ip_address(host))
    except ValueError as error:  # to aiohttp a literal, to the system perhaps a name
        raise ResolveError(host, ResolveStatus.NXDOMAIN) from error
    if denial is not None:
        raise Denied(counted(denial))


class _GuardedSocket(socket.socket):
    """A socket that judges the address it is told to connect to."""

    policy: Policy

    def connect(self, address: tuple[str, int], /) -> None:  # type: ignore[override] # TCP only
        judge(address[0], self.policy)
        super().connect(address)


def guarded_connector(
    policy: Policy, resolver: Resolver, ssl_context: ssl.SSLContext, *, keep_s: float
) -> aiohttp.TCPConnector:
    """Return a connector; each connection is resolved and judged anew, and kept idle for keep_s."""

    def guarded_socket(addr_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = addr_info
        judge(str(host), policy)
        guarded = _GuardedSocket(family, kind, protocol)
        guarded.policy = policy
        return guarded

    keeping: dict[str, Any] = {"keepalive_timeout": keep_s} if keep_s else {}
    return aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, resolver),
        use_dns_cache=False,
        socket_factory=guarded_socket,
        happy_eyeballs_delay=None,  # one address after another: racing would swallow a denial
        ssl=ssl_context,
        limit=0,
        force_close=not keep_s,
        **keeping,
    )


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
    allowed = allowed_addresses(answer, policy)
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


def guarded_session(
    policy: Policy,
    resolver: Resolver,
    ssl_context: ssl.SSLContext,
    *,
    timeout_s: float = 15.0,
    keep_s: float = 15.0,
    traces: Sequence[aiohttp.TraceConfig] = (),
) -> aiohttp.ClientSession:
    """Return a session without proxies, cookies or decompression that obeys the policy.

    Requests raise Denied, or an aiohttp.ClientError; redirects are judged when they are followed.
    With keep_s 0 no connection is kept.
    """
    return aiohttp.ClientSession(
        connector=guarded_connector(policy, resolver, ssl_context, keep_s=keep_s),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trace_configs=list(traces),
    )
