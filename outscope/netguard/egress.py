"""Leads to strangers through the operator's egress proxy, and only there.

Law: what the proxy is asked to connect to is an address that the policy has judged, never a name,
so that it leads nowhere else than where we looked; TLS is between us and the stranger.
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from typing import Final, TypeVar
from urllib.parse import unquote, urlsplit

from outscope.netguard.ranges import IPAddress

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)

_DEFAULT_PORT: Final = 3128


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressProxy:
    """A proxy that opens tunnels by CONNECT."""

    host: str
    port: int
    # Proxy-Authorization, where it wants credentials; kept out of anything printed.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def egress_proxy(url: str) -> EgressProxy:
    """Return the proxy at http://[user:password@]host[:port]; the port is 3128 where none is."""
    parts = urlsplit(url)
    headers = {}
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    return EgressProxy(host=parts.hostname or "", port=parts.port or _DEFAULT_PORT, headers=headers)


async def connect_to_proxy(
    protocol_factory: Callable[[], _Protocol], proxy: EgressProxy
) -> tuple[asyncio.Transport, _Protocol]:
    """Connect a protocol to the proxy, whose name the system resolves; raises OSError."""
    loop = asyncio.get_running_loop()
    return await loop.create_connection(protocol_factory, proxy.host, proxy.port)


def tunnel_request(proxy: EgressProxy, address: IPAddress, port: int) -> bytes:
    """Return what asks for a tunnel to an address that was judged.

    Source: RFC 9110, section 9.3.6.
    """
    authority = f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"
    headers = {"Host": authority, **proxy.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"CONNECT {authority} HTTP/1.1\r\n{lines}\r\n".encode()
