"""Posts one delivery, once, and tells what came of it.

Law: whatever the endpoint does is an Answer, never an exception. Redirects are not followed, the
status line decides, and of the body at most 1 KiB is read and none of it is interpreted.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import certifi

from outscope.config import IPNetwork
from outscope.netguard.deny import NOTHING_LISTED, Denying
from outscope.netguard.dial import Denied
from outscope.netguard.http import guarded_session
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.logs import logger
from outscope.user_agent import user_agent
from services.notifier.policy import PlainHttpPolicy
from services.notifier.retry import DeliveryError, error_for_status

log = logger(__name__)

MAX_ANSWER_BYTES: Final = 1024
_OWN_HEADERS: Final = {"Connection": "close"}
_COMMENT: Final = "webhooks"
# A body that is slow says nothing the status line did not say.
_BODY_TIMEOUT_S: Final = 1.0

# The first row whose type fits decides, so subclasses stand before their bases.
_ERRORS: Final[tuple[tuple[type[Exception], DeliveryError], ...]] = (
    (TimeoutError, DeliveryError.TIMEOUT),
    (aiohttp.ClientConnectorDNSError, DeliveryError.DNS_FAILED),
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


class Deliverer:
    """Posts within the network policy: the usual one for https, a stricter one for plain http."""

    def __init__(
        self,
        *,
        resolver: Resolver,
        allow: tuple[IPNetwork, ...],
        deny: Denying = NOTHING_LISTED,
        ca_file: Path | None,
        timeout_s: float,
        contact_url: str = "",
    ) -> None:
        self._resolver = resolver
        self._policies = {"https": Policy(allow, deny), "http": PlainHttpPolicy(allow, deny)}
        self._own_headers = {**_OWN_HEADERS, "User-Agent": user_agent(contact_url, _COMMENT)}
        self._trust = _trust_context(ca_file)
        self._timeout_s = timeout_s

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post the body once and return what came of it."""
        policy = self._policies.get(url.partition(":")[0].lower())
        if policy is None:
            return Answer(error=DeliveryError.INVALID_URL)
        sent = {**self._own_headers, **headers}
        # A connection kept from one delivery may be closed by the receiver while the next one is
        # on its way, and that would count as their failure: each delivery has its own.
        try:
            async with (
                guarded_session(
                    policy, self._resolver, self._trust, timeout_s=self._timeout_s, limit=1
                ) as session,
                session.post(url, data=body, headers=sent, allow_redirects=False) as response,
            ):
                await _read_a_little(response)
                return Answer(
                    error=error_for_status(response.status),
                    status_code=response.status,
                    retry_after=response.headers.get("Retry-After"),
                )
        except Exception as error:  # noqa: BLE001 - every failure of a delivery is an answer
            return Answer(error=_error_word(error))


def _trust_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies endpoints: public roots, and those of an extra PEM file."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


async def _read_a_little(response: aiohttp.ClientResponse) -> None:
    """Take a short body to its end, as a receiver expects; leave a long or slow one."""
    with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            left = MAX_ANSWER_BYTES
            while left and (chunk := await response.content.read(left)):
                left -= len(chunk)


def _error_word(error: Exception) -> DeliveryError:
    """Return the word for a failure, looking through what the HTTP client wrapped it in."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Denied):
            return DeliveryError.TARGET_REFUSED
        cause = cause.__cause__ or cause.__context__
    for kind, word in _ERRORS:
        if isinstance(error, kind):
            return word
    log.error("delivery failed for a reason of ours", exception=error)
    return DeliveryError.INTERNAL
