"""Connects for aiohttp through the operator's egress proxy where there is no TLS: by CONNECT, too.

aiohttp itself hands a plain request to a proxy whole. A proxy takes the Host of such a request from
its URL, which names an address here, and its own answers look like those of the stranger.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler
from yarl import URL

_MAX_HEAD_BYTES: Final = 16_384
_HEAD_END: Final = b"\r\n\r\n"


class TunnelConnector(aiohttp.BaseConnector):
    """A connector all of whose connections are tunnels; with keep_s 0 none is kept.

    It does not judge: what is asked for must be an address that was judged. headers are for the
    proxy.
    """

    def __init__(self, proxy_url: str, headers: Mapping[str, str], *, keep_s: float) -> None:
        keeping: dict[str, Any] = {"keepalive_timeout": keep_s} if keep_s else {}
        super().__init__(limit=0, force_close=not keep_s, **keeping)
        self._proxy = URL(proxy_url)
        self._headers = headers

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Any],  # noqa: ARG002 - what aiohttp calls it with
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - likewise
    ) -> ResponseHandler:
        """Return a connection to the address of a request; what aiohttp asks of a connector."""
        if req.is_ssl():
            raise RuntimeError("this connector is for plain http")
        async with asyncio.timeout(timeout.total):
            transport, status = await self._opened(req)
        if status != HTTPStatus.OK:
            transport.close()
            raise aiohttp.ClientHttpProxyError(
                req.request_info, (), status=status, message="the proxy opened no tunnel"
            )
        handler: ResponseHandler = self._factory()
        transport.set_protocol(handler)
        handler.connection_made(transport)
        return handler

    async def _opened(self, req: aiohttp.ClientRequest) -> tuple[asyncio.Transport, int]:
        """Return a connection to the proxy, and with which status it has opened the tunnel."""
        loop = asyncio.get_running_loop()
        host, port = self._proxy.host or "", self._proxy.port or 0
        transport: asyncio.Transport | None = None
        try:
            transport, asking = await loop.create_connection(_Asking, host, port)
            transport.write(self._request(req))
            return transport, await asking.status
        except BaseException as error:
            if transport is not None:
                transport.abort()
            if isinstance(error, OSError) and not isinstance(error, TimeoutError):
                raise aiohttp.ClientProxyConnectionError(req.connection_key, error) from error
            raise

    def _request(self, req: aiohttp.ClientRequest) -> bytes:
        target = f"{req.url.host_subcomponent}:{req.url.port}"
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        lines += [f"{name}: {value}" for name, value in self._headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class _Asking(asyncio.Protocol):
    """Waits for the head of the proxy's answer."""

    def __init__(self) -> None:
        self.status: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Read the status once the head is whole; nothing may follow it before we have asked."""
        self._received += data
        if self.status.done():
            return
        head, end, rest = self._received.partition(_HEAD_END)
        if end:
            self._read(head, rest)
        elif len(self._received) > _MAX_HEAD_BYTES:
            self._refuse("the proxy's answer is too long")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that no answer comes."""
        if not self.status.done():
            self._refuse(f"the proxy closed the connection: {exc}")

    def _read(self, head: bytes, rest: bytes) -> None:
        version, _, reason = head.partition(b" ")
        code = reason[:3]
        if not version.startswith(b"HTTP/1.") or not code.isdigit():
            self._refuse("the proxy's answer is no HTTP")
        elif rest and code == b"200":
            self._refuse("somebody spoke before it was asked")
        else:
            self.status.set_result(int(code))

    def _refuse(self, why: str) -> None:
        self.status.set_exception(ConnectionError(why))
