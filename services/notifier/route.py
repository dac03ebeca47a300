"""Takes one request to an endpoint: which address, over which connection, and through what.

Law: what a connection that was kept does, closed by the other side while it was idle, never counts
as the endpoint's answer: the request is then made once more over a new one, under the same
webhook-id. On a new connection a request is made once.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import aiohttp
from yarl import URL

from outscope.netguard.egress import EgressProxy, egress_session
from outscope.netguard.http import (
    Session,
    guarded_session,
    literal_address,
    pinned_addresses,
)
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Resolver

Told = TypeVar("Told")

# Many servers close an idle connection sooner, which is noticed, or costs a request and no attempt.
KEEP_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A post, as it was signed."""

    url: URL
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class _Use:
    """Whether the connection of a request was one that was kept."""

    is_kept: bool = False


class Route:
    """The way to endpoints that one policy governs."""

    def __init__(
        self,
        policy: Policy,
        resolver: Resolver,
        sessions: tuple[Session, Session],
        proxy: EgressProxy | None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._keeping, self._closing = sessions
        self._proxy = proxy

    async def exchange(
        self, request: Request, read: Callable[[aiohttp.ClientResponse], Awaitable[Told]]
    ) -> Told:
        """Post and return what was read of the answer; the next address when one is not there.

        Raises Denied, ResolveError or an aiohttp.ClientError.
        """
        host = (request.url.raw_host or "").rstrip(".")
        addresses = await pinned_addresses(host, self._policy, self._resolver)
        for address in addresses[:-1]:
            try:
                return await self._exchange_at(request, host, address, read)
            except aiohttp.ClientProxyConnectionError:
                raise
            except aiohttp.ClientConnectorError:
                continue
        return await self._exchange_at(request, host, addresses[-1], read)

    async def _exchange_at(
        self,
        request: Request,
        host: str,
        address: IPAddress,
        read: Callable[[aiohttp.ClientResponse], Awaitable[Told]],
    ) -> Told:
        options = self._options(request, host, address)
        use = _Use()
        try:
            async with self._keeping.post(**options, trace_request_ctx=use) as response:
                use.is_kept = False
                return await read(response)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            if not use.is_kept:
                raise
        async with self._closing.post(**options) as response:
            return await read(response)

    def _options(self, request: Request, host: str, address: IPAddress) -> dict[str, Any]:
        """Return what makes aiohttp post to an address as if it were the name."""
        options: dict[str, Any] = {
            "url": _at(request.url, address),
            "headers": {"Host": request.url.host_port_subcomponent, **request.headers},
            "data": request.body,
            "allow_redirects": False,
        }
        if request.url.scheme == "https" and literal_address(host) is None:
            options["server_hostname"] = host
        if self._proxy is not None and request.url.scheme == "https":
            options |= {"proxy": self._proxy.url, "proxy_headers": self._proxy.headers}
        return options


@asynccontextmanager
async def open_route(
    policy: Policy,
    resolver: Resolver,
    ssl_context: ssl.SSLContext,
    *,
    timeout_s: float,
    proxy: EgressProxy | None = None,
    is_plain: bool = False,
) -> AsyncIterator[Route]:
    """Return a route with its connections; they are closed with the context.

    is_plain: it is one for plain http, else for https.
    """

    def session(keep_s: float) -> Session:
        traces = (_noting_kept(),)
        if proxy is not None:
            return egress_session(
                ssl_context,
                plain_through=proxy if is_plain else None,
                timeout_s=timeout_s,
                keep_s=keep_s,
                traces=traces,
            )
        return guarded_session(
            policy, resolver, ssl_context, timeout_s=timeout_s, keep_s=keep_s, traces=traces
        )

    async with session(KEEP_S) as keeping, session(0.0) as closing:
        yield Route(policy, resolver, (keeping, closing), proxy)


def _noting_kept() -> aiohttp.TraceConfig:
    """Return what notes in a request's use that its connection was kept from an earlier one."""

    async def note(_: Session, context: SimpleNamespace, __: object) -> None:
        use = context.trace_request_ctx
        if isinstance(use, _Use):
            use.is_kept = True

    traces = aiohttp.TraceConfig()
    traces.on_connection_reuseconn.append(note)
    return traces


@lru_cache(maxsize=4096)
def _at(url: URL, address: IPAddress) -> URL:
    return url.with_host(str(address))
