"""Gives aiohttp connections that obey the network policy.

A name is resolved by our resolver only, never by the system; when it, an alias it leads through or
any of its addresses is denied, all are. What a socket is told to connect to is judged once more at
that moment, which is where address literals, redirects and a name that changes its mind between
look-ups end up too.
"""

import socket
import ssl
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from outscope.netguard.denials import counted
from outscope.netguard.dial import Denied
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Answer, Resolver, ResolveStatus, UnusableName

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
    policy: Policy, resolver: Resolver, ssl_context: ssl.SSLContext, *, limit: int = 100
) -> aiohttp.TCPConnector:
    """Return a connector for up to `limit` connections; each is resolved and judged anew."""

    def guarded_socket(addr_info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, (host, *_) = addr_info
        judge(str(host), policy)
        guarded = _GuardedSocket(family, kind, protocol)
        guarded.policy = policy
        return guarded

    return aiohttp.TCPConnector(
        resolver=GuardedResolver(policy, resolver),
        use_dns_cache=False,
        socket_factory=guarded_socket,
        happy_eyeballs_delay=None,  # one address after another: racing would swallow a denial
        ssl=ssl_context,
        limit=limit,
    )


def guarded_session(
    policy: Policy,
    resolver: Resolver,
    ssl_context: ssl.SSLContext,
    *,
    timeout_s: float = 15.0,
    limit: int = 100,
) -> aiohttp.ClientSession:
    """Return a session without proxies, cookies or decompression that obeys the policy.

    Requests raise Denied, or an aiohttp.ClientError; redirects are judged when they are followed.
    """
    return aiohttp.ClientSession(
        connector=guarded_connector(policy, resolver, ssl_context, limit=limit),
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )
