"""Leads a request to the addresses of its name, each judged for that very request.

Law: the name is resolved and judged for every request, a connection is made only to an address that
was judged, and one that was kept is used only for the name and address it was made for.
An endpoint may close a kept connection at any moment, which is no fault of this request: when it
ends before an answer has begun, the request is made once more over a new one, under the same
webhook-id. On a new connection a request is made once.
"""

import asyncio
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, NamedTuple

from outscope.netguard.addresses import literal_address, pinned_addresses
from outscope.netguard.dial import Denied, DialError, Reset, connect, dial_error
from outscope.netguard.egress import EgressProxy, connect_to_proxy, tunnel_request
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from outscope.netguard.resolve import Resolver
from services.notifier.connection import (
    Connection,
    ConnectionLost,
    MalformedAnswer,
    Reply,
    Request,
)
from services.notifier.request import Target

# Many servers close an idle connection sooner, which is noticed, or costs a request and no attempt.
KEEP_S: Final = 15.0
# Each holds a descriptor, and with TLS a state and buffers of up to 256 KiB.
MOST_KEPT: Final[Mapping[str, int]] = {"https": 1000, "http": 5000}
# For an endpoint to confirm that TLS ends.
_GOODBYE_S: Final = 1.0


class EgressFailed(Exception):  # noqa: N818 - what happened
    """Our own proxy is not there, or says nothing that can be understood."""


class TunnelRefused(Exception):  # noqa: N818 - what happened
    """The proxy opens no tunnel to the endpoint."""

    def __init__(self, status_code: int) -> None:
        super().__init__(f"the proxy answered {status_code}")
        self.status_code = status_code


class _Way(NamedTuple):
    """What a kept connection is good for: the name is in it, as a certificate is for a name."""

    scheme: str
    host: str
    port: int
    address: bytes


class _Idle:
    """Connections of one scheme that are kept: until taken, too old, or among too many."""

    def __init__(self) -> None:
        self._kept: dict[_Way, dict[Connection, None]] = {}
        # Of each the way, and when it is too old; the one that was kept for longest stands first.
        self._ways: dict[Connection, tuple[_Way, float]] = {}
        # One for all: it comes when the oldest of them is too old, or was.
        self._expiry: asyncio.TimerHandle | None = None

    def take(self, way: _Way) -> Connection | None:
        """Return the one that was used last, when there is one that is still open."""
        while (kept := self._kept.get(way)) is not None:
            connection = next(reversed(kept))
            self._forget(connection)
            if connection.is_quiet:
                return connection
            connection.abort()
        return None

    def keep(self, way: _Way, connection: Connection) -> None:
        """Keep one for a while; in the place of the oldest, where there are too many."""
        if len(self._ways) >= MOST_KEPT[way.scheme]:
            self._close(next(iter(self._ways)))
        loop = asyncio.get_running_loop()
        until_s = loop.time() + KEEP_S
        self._kept.setdefault(way, {})[connection] = None
        self._ways[connection] = way, until_s
        if self._expiry is None:
            self._expiry = loop.call_at(until_s, self._expire)

    def close(self) -> None:
        """Close all of them."""
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        for connection in tuple(self._ways):
            self._forget(connection)
            connection.abort()

    def _expire(self) -> None:
        self._expiry = None
        loop = asyncio.get_running_loop()
        for connection, (_, until_s) in tuple(self._ways.items()):
            if until_s > loop.time():
                self._expiry = loop.call_at(until_s, self._expire)
                break
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._forget(connection)
        connection.close()

    def _forget(self, connection: Connection) -> None:
        way, _ = self._ways.pop(connection)
        kept = self._kept[way]
        del kept[connection]
        if not kept:
            del self._kept[way]


class Route:
    """The way to endpoints that one policy governs; to be closed."""

    def __init__(
        self,
        policy: Policy,
        resolver: Resolver,
        trust: ssl.SSLContext,
        *,
        timeout_s: float,
        proxy: EgressProxy | None = None,
    ) -> None:
        self._policy = policy
        self._resolver = resolver
        self._trust = trust
        self._timeout_s = timeout_s
        self._proxy = proxy
        self._idle = _Idle()

    def close(self) -> None:
        """Close the connections that are kept."""
        self._idle.close()

    async def exchange(self, target: Target, request: Request) -> Reply:
        """Post and return the answer; at the next address when one is not there.

        Raises TimeoutError when no status has come in time, a DialError, ssl.SSLError,
        ResolveError, EgressFailed, TunnelRefused, ConnectionLost or MalformedAnswer.
        """
        ends_at_s = asyncio.get_running_loop().time() + self._timeout_s
        addresses = await self._judged_addresses(target.host, ends_at_s)
        for address in addresses[:-1]:
            try:
                return await self._exchange_at(target, address, request, ends_at_s)
            except Denied:
                raise
            except (DialError, ssl.SSLError):
                continue
        return await self._exchange_at(target, addresses[-1], request, ends_at_s)

    async def _judged_addresses(self, host: str, ends_at_s: float) -> tuple[IPAddress, ...]:
        judging = pinned_addresses(host, self._policy, self._resolver)
        if literal_address(host) is not None:  # nothing is waited for
            return await judging
        async with asyncio.timeout_at(ends_at_s):
            return await judging

    async def _exchange_at(
        self, target: Target, address: IPAddress, request: Request, ends_at_s: float
    ) -> Reply:
        way = _Way(target.scheme, target.host, target.port, address.packed)
        kept = self._idle.take(way)
        if kept is not None:
            try:
                return await self._exchange_over(kept, way, request, ends_at_s)
            except ConnectionLost:
                pass
        async with asyncio.timeout_at(ends_at_s):
            connection = await self._connected(target, address, ends_at_s)
        return await self._exchange_over(connection, way, request, ends_at_s)

    async def _exchange_over(
        self, connection: Connection, way: _Way, request: Request, ends_at_s: float
    ) -> Reply:
        try:
            return await connection.exchange(request, ends_at_s)
        finally:
            if connection.may_be_reused:
                self._idle.keep(way, connection)
            else:
                connection.abort()

    async def _connected(self, target: Target, address: IPAddress, ends_at_s: float) -> Connection:
        protocol: asyncio.BaseProtocol
        if self._proxy is not None:
            transport, protocol = await self._tunnelled(
                self._proxy, address, target.port, ends_at_s
            )
        else:
            transport, protocol = await connect(
                _BeforeTls if target.scheme == "https" else Connection,
                str(address),
                target.port,
                policy=self._policy,
                timeout_s=self._timeout_s,
            )
        if target.scheme == "http" and isinstance(protocol, Connection):
            return protocol
        return await self._encrypted(transport, target.host)

    async def _tunnelled(
        self, proxy: EgressProxy, address: IPAddress, port: int, ends_at_s: float
    ) -> tuple[asyncio.Transport, Connection]:
        """Return a tunnel to an address: for plain http, too, or the proxy would speak for it."""
        try:
            transport, connection = await connect_to_proxy(Connection, proxy)
        except OSError as error:
            raise EgressFailed(repr(error)) from error
        try:
            reply = await connection.exchange(
                (tunnel_request(proxy, address, port),), ends_at_s, most=0
            )
        except BaseException as error:
            transport.abort()
            if isinstance(error, (ConnectionLost, MalformedAnswer)):
                raise EgressFailed(repr(error)) from error
            raise
        if reply.status_code // 100 != HTTPStatus.OK // 100:
            transport.abort()
            raise TunnelRefused(reply.status_code)
        if reply.has_more:  # it would be lost, or taken for the endpoint's
            transport.abort()
            raise EgressFailed("the proxy says more than that the tunnel is open")
        return transport, connection

    async def _encrypted(self, transport: asyncio.Transport, host: str) -> Connection:
        """Speak TLS, verified for the name or address that the URL names."""
        if transport.is_closing():
            raise Reset("the connection ended before TLS began")
        connection = Connection()
        try:
            secure = await asyncio.get_running_loop().start_tls(
                transport,
                connection,
                self._trust,
                server_hostname=host,
                ssl_shutdown_timeout=_GOODBYE_S,
            )
        except BaseException as error:
            transport.abort()
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
                raise dial_error(error) from error
            raise
        if secure is None:
            raise Reset("the connection ended as TLS began")
        connection.secured(secure, transport)
        return connection


class _BeforeTls(asyncio.Protocol):
    """Reads nothing: what comes first is for TLS."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP
        """Leave what comes to the system."""
        transport.pause_reading()
