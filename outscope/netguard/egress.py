"""Gives aiohttp sessions that reach strangers through the operator's egress proxy, and only there.

Law: what the proxy is asked to connect to is an address that the policy has judged, never a name,
so that it leads nowhere else than where we looked; TLS is between us and the stranger.
"""

import ssl
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiohttp

from outscope.netguard.tunnel import TunnelConnector

_DEFAULT_PORT: Final = 3128


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressProxy:
    """A proxy that opens tunnels by CONNECT."""

    url: str
    # Proxy-Authorization, where it wants credentials; kept out of anything printed.
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def egress_proxy(url: str) -> EgressProxy:
    """Return the proxy at http://[user:password@]host[:port]; the port is 3128 where none is."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    headers = {}
    if parts.username is not None:
        credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
    return EgressProxy(url=f"http://{host}:{parts.port or _DEFAULT_PORT}", headers=headers)


def egress_session(
    ssl_context: ssl.SSLContext,
    *,
    plain_through: EgressProxy | None = None,
    timeout_s: float,
    keep_s: float,
    traces: Sequence[aiohttp.TraceConfig] = (),
) -> aiohttp.ClientSession:
    """Return a session for requests that name a proxy; with keep_s 0 no connection is kept.

    With plain_through it is one for plain http, and requests name none. It does not judge: what is
    asked for must be an address that was judged.
    """
    keeping: dict[str, Any] = {"keepalive_timeout": keep_s} if keep_s else {}
    connector: aiohttp.BaseConnector
    if plain_through is not None:
        proxy = plain_through
        connector = TunnelConnector(proxy.url, proxy.headers, keep_s=keep_s)
    else:
        connector = aiohttp.TCPConnector(
            ssl=ssl_context, limit=0, force_close=not keep_s, **keeping
        )
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trace_configs=list(traces),
    )
