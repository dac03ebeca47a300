"""Posts one delivery, once, and tells what came of it.

Law: whatever the endpoint does is an Answer, never an exception. Redirects are not followed, the
status line decides, and of the body at most 1 KiB is read and none of it is interpreted.
Each time the name is resolved and judged anew, and the request goes to an address that was judged,
be it by a connection kept from the delivery before, or through an egress proxy.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final, Self

import certifi

from outscope.config import IPNetwork
from outscope.netguard.addresses import ResolveError
from outscope.netguard.deny import NOTHING_LISTED, Denying
from outscope.netguard.dial import Denied, DialError
from outscope.netguard.egress import EgressProxy
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from outscope.telemetry.logs import logger
from outscope.user_agent import user_agent
from services.notifier.connection import ConnectionLost, MalformedAnswer
from services.notifier.policy import PlainHttpPolicy
from services.notifier.request import request_head, target_of
from services.notifier.retry import DeliveryError, error_for_status, shown_text
from services.notifier.route import EgressFailed, Route, TunnelRefused

log = logger(__name__)

_COMMENT: Final = "webhooks"

# What a proxy says that opens no tunnel; in all other words, that it does not reach the endpoint.
_PROXY_ERRORS: Final[Mapping[int, DeliveryError]] = {
    HTTPStatus.FORBIDDEN: DeliveryError.TARGET_REFUSED,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED: DeliveryError.EGRESS_FAILED,
}

# The first row whose type fits decides, so subclasses stand before their bases.
_ERRORS: Final[tuple[tuple[type[Exception], DeliveryError], ...]] = (
    (TimeoutError, DeliveryError.TIMEOUT),
    (ResolveError, DeliveryError.DNS_FAILED),
    (EgressFailed, DeliveryError.EGRESS_FAILED),
    (ssl.SSLError, DeliveryError.TLS_FAILED),
    (Denied, DeliveryError.TARGET_REFUSED),
    (DialError, DeliveryError.CONNECT_FAILED),
    (MalformedAnswer, DeliveryError.MALFORMED_ANSWER),
    (ConnectionLost, DeliveryError.CONNECTION_LOST),
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

    To be entered, and left, which closes its connections.
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
        trust = _trust_context(ca_file)
        self._own_headers = {"User-Agent": user_agent(contact_url, _COMMENT)}
        self._routes = {
            "https": Route(Policy(allow, deny), resolver, trust, timeout_s=timeout_s, proxy=proxy),
            "http": Route(
                PlainHttpPolicy(allow, deny), resolver, trust, timeout_s=timeout_s, proxy=proxy
            ),
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for route in self._routes.values():
            route.close()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post the body once and return what came of it."""
        target = target_of(url)
        if target is None:
            return Answer(error=DeliveryError.INVALID_URL)
        try:
            head = request_head(target, {**self._own_headers, **headers}, len(body))
            reply = await self._routes[target.scheme].exchange(target, (head, body))
        except Exception as error:  # noqa: BLE001 - every failure of a delivery is an answer
            return Answer(error=_error_word(error))
        return Answer(
            error=error_for_status(reply.status_code),
            status_code=reply.status_code,
            retry_after=reply.retry_after,
            text=shown_text(reply.body),
        )


def _trust_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return what verifies endpoints: public roots, and those of an extra PEM file."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def _error_word(error: Exception) -> DeliveryError:
    """Return the word for a failure."""
    if isinstance(error, TunnelRefused):
        return _PROXY_ERRORS.get(error.status_code, DeliveryError.CONNECT_FAILED)
    for kind, word in _ERRORS:
        if isinstance(error, kind):
            return word
    log.error("delivery failed for a reason of ours", exception=error)
    return DeliveryError.INTERNAL
