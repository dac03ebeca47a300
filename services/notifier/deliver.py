"""Posts one delivery, once, and tells what came of it.

Law: whatever the endpoint does is an Answer, never an exception. Redirects are not followed, the
status line decides, and of the body at most 1 KiB is read and none of it is interpreted.
Each time the name is resolved and judged anew, and the request goes to an address that was judged,
be it by a connection kept from the delivery before, or through an egress proxy.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

import aiohttp
import certifi
from yarl import URL

from outscope.config import IPNetwork
from outscope.netguard.deny import NOTHING_LISTED, Denying
from outscope.netguard.dial import Denied
from outscope.netguard.egress import EgressProxy
from outscope.netguard.http import ResolveError
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.logs import logger
from outscope.user_agent import user_agent
from services.notifier.policy import PlainHttpPolicy
from services.notifier.retry import DeliveryError, error_for_status, shown_text
from services.notifier.route import Request, Route, open_route

log = logger(__name__)

MAX_ANSWER_BYTES: Final = 1024
_COMMENT: Final = "webhooks"
# A body that is slow says nothing the status line did not say.
_BODY_TIMEOUT_S: Final = 1.0
# For the body, and for the connection to be let go.
_SETTLE_TIMEOUT_S: Final = 2 * _BODY_TIMEOUT_S

# What a proxy says that opens no tunnel; in all other words, that it does not reach the endpoint.
_PROXY_ERRORS: Final[Mapping[int, DeliveryError]] = {
    HTTPStatus.FORBIDDEN: DeliveryError.TARGET_REFUSED,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: DeliveryError.EGRESS_FAILED,
}

# The first row whose type fits decides, so subclasses stand before their bases.
_ERRORS: Final[tuple[tuple[type[Exception], DeliveryError], ...]] = (
    (TimeoutError, DeliveryError.TIMEOUT),
    (ResolveError, DeliveryError.DNS_FAILED),
    (aiohttp.ClientProxyConnectionError, DeliveryError.EGRESS_FAILED),
    # Of the proxy's own name: that of an endpoint is resolved before.
    (aiohttp.ClientConnectorDNSError, DeliveryError.EGRESS_FAILED),
    (aiohttp.ClientSSLError, DeliveryError.TLS_FAILED),
    (ssl.SSLError, DeliveryError.TLS_FAILED),
    (aiohttp.ClientConnectorError, DeliveryError.CONNECT_FAILED),
    (aiohttp.InvalidURL, DeliveryError.INVALID_URL),
    (aiohttp.ClientResponseError, DeliveryError.MALFORMED_ANSWER),
    (aiohttp.ClientConnectionError, DeliveryError.CONNECTION_LOST),
    (ConnectionError, DeliveryError.CONNECTION_LOST),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one attempt."""

    error: DeliveryError
    # None when no HTTP answer came.
    status_code: int | None = None
    # The Retry-After header as sent.
    retry_after: str | None = None
    # The beginning of the body, for people.
    text: str = ""


class Deliverer:
    """Posts within the network policy: the usual one for https, a stricter one for plain http.

    To be entered, which opens its connections, and left, which closes them.
    """

    def __init__(
        self,
        *,
        resolver: Resolver,
        allow: tuple[IPNetwork, ...],
        deny: Denying = NOTHING_LISTED,
        ca_file: Path | None,
        timeout_s: float,
        contact_url: str = "",
        proxy: EgressProxy | None = None,
    ) -> None:
        self._resolver = resolver
        self._policies = {"https": Policy(allow, deny), "http": PlainHttpPolicy(allow, deny)}
        self._proxy = proxy
        self._own_headers = {"User-Agent": user_agent(contact_url, _COMMENT)}
        self._trust = _trust_context(ca_file)
        self._timeout_s = timeout_s
        self._stack = AsyncExitStack()
        self._routes: dict[str, Route] = {}

    async def __aenter__(self) -> Self:
        for scheme, policy in self._policies.items():
            self._routes[scheme] = await self._stack.enter_async_context(
                open_route(
                    policy,
                    self._resolver,
                    self._trust,
                    timeout_s=self._timeout_s,
                    proxy=self._proxy,
                    is_plain=scheme == "http",
                )
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post the body once and return what came of it."""
        target = _url(url)
        if target is None:
            return Answer(error=DeliveryError.INVALID_URL)
        request = Request(url=target, headers={**self._own_headers, **headers}, body=body)
        try:
            async with asyncio.timeout(self._timeout_s) as patience:
                read = partial(_answer, patience)
                return await self._routes[target.scheme].exchange(request, read)
        except Exception as error:  # noqa: BLE001 - every failure of a delivery is an answer
            return Answer(error=_error_word(error))


@lru_cache(maxsize=4096)
def _url(text: str) -> URL | None:
    """Return a URL that can be posted to, else None."""
    try:
        url = URL(text)
    except ValueError:
        return None
    return url if url.scheme in {"https", "http"} and url.raw_host else None


async def _answer(patience: asyncio.Timeout, response: aiohttp.ClientResponse) -> Answer:
    # The status line came in time, and what is slow after it does not undo that.
    ends_at_s = asyncio.get_running_loop().time() + _SETTLE_TIMEOUT_S
    patience.reschedule(max(ends_at_s, patience.when() or ends_at_s))
    body = await _read_a_little(response)
    return Answer(
        text=shown_text(body),
        error=error_for_status(response.status),
        status_code=response.status,
        retry_after=response.headers.get("Retry-After"),
    )


def _trust_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies endpoints: public roots, and those of an extra PEM file."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


async def _read_a_little(response: aiohttp.ClientResponse) -> bytes:
    """Take a short body to its end, as a receiver expects; leave a long or slow one."""
    if response.content.at_eof():
        return b""
    body = bytearray()
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            left = MAX_ANSWER_BYTES
            while left and (chunk := await response.content.read(left)):
                left -= len(chunk)
                body += chunk
    return bytes(body)


def _error_word(error: Exception) -> DeliveryError:
    """Return the word for a failure, looking through what the HTTP client wrapped it in."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Denied):
            return DeliveryError.TARGET_REFUSED
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return _PROXY_ERRORS.get(error.status, DeliveryError.CONNECT_FAILED)
    for kind, word in _ERRORS:
        if isinstance(error, kind):
            return word
    log.error("delivery failed for a reason of ours", exception=error)
    return DeliveryError.INTERNAL
