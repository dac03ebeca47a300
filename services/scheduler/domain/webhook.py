"""Which URLs and events a webhook may have, and the form of its signing secret.

Addresses of names are judged when they are dialled; here only literals are, and whether the
operator has listed the name itself.
Source of the secret: Standard Webhooks 1.0.0, "Signature scheme" (whsec_ and base 64).
"""

import base64
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from outscope.errors import InvalidRequest
from outscope.fqdn import normalised_fqdn
from outscope.limits import (
    MAX_URL_CHARS,
    MAX_WEBHOOK_EVENTS,
    WEBHOOK_EVENT_PATTERNS,
    WEBHOOK_EVENTS,
    WEBHOOK_OPERATIONAL_EVENTS,
    WEBHOOK_SECRET_PREFIX,
)
from outscope.netguard.policy import Policy
from outscope.netguard.ranges import IPAddress
from services.scheduler.domain.check import CheckStatus

SECRET_BYTES: Final = 32
_URL_FIELD: Final = "url"
_SUBSCRIBABLE: Final = (*WEBHOOK_EVENTS, *WEBHOOK_OPERATIONAL_EVENTS, *WEBHOOK_EVENT_PATTERNS)
_HTTP_BY_NAME: Final = (
    "Over http events are delivered only while the name resolves into networks opened with "
    "--allow-net; anywhere else an attempt is refused as target_refused and not repeated"
)


class Payload(StrEnum):
    """How much of a check an event tells."""

    FULL = "full"
    THIN = "thin"


class DisabledReason(StrEnum):
    """Why a webhook gets nothing; the words are part of the contract."""

    BY_USER = "disabled_by_user"
    ENDPOINT_GONE = "endpoint_gone"  # it answered 410
    FAILING = "failing"  # for days nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where an account's events of some types are sent."""

    id: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    description: str = ""
    # A name or *.suffix; None: events of any check.
    fqdn: str | None = None
    # None of them: from anywhere.
    vantage_points: tuple[str, ...] = ()
    payload: Payload = Payload.FULL
    updated_at: datetime | None = None
    # None while it is enabled.
    disabled_at: datetime | None = None
    disabled_reason: str | None = None
    # The first failure since the last success.
    failing_since: datetime | None = None
    # In the future; None: attempts don't wait.
    slowed_until: datetime | None = None
    has_signing_key: bool = False
    # In the future; None: no secret that was rotated away signs.
    old_secret_signs_until: datetime | None = None
    header_names: tuple[str, ...] = ()
    # What no key opens any more, by name; its deliveries wait.
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """What must be known of a webhook to decide which events it gets."""

    webhook_id: str
    account_id: str
    events: tuple[str, ...]
    fqdn: str | None = None
    vantage_points: tuple[str, ...] = ()


def secret_text(random_bytes: bytes) -> str:
    """Return the signing secret made of 32 random bytes."""
    if len(random_bytes) != SECRET_BYTES:
        raise ValueError(f"a secret has {SECRET_BYTES} bytes, not {len(random_bytes)}")
    return WEBHOOK_SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def checked_events(events: Sequence[str]) -> tuple[str, ...]:
    """Return the events and patterns of events without duplicates, or raise InvalidRequest."""
    if not events:
        raise InvalidRequest(
            f"Name at least one of {', '.join(_SUBSCRIBABLE)}", field="events", value=[]
        )
    if len(events) > MAX_WEBHOOK_EVENTS:
        raise InvalidRequest(
            f"There are {len(events)} events; at most {MAX_WEBHOOK_EVENTS} can be named",
            field="events",
            value=len(events),
        )
    for at, event in enumerate(events):
        if event not in _SUBSCRIBABLE:
            raise InvalidRequest(
                f"There is no such event; there are {', '.join(_SUBSCRIBABLE)}",
                field=f"events[{at}]",
                value=event,
                events=list(_SUBSCRIBABLE),
            )
    return tuple(dict.fromkeys(events))


def checked_url(text: str, policy: Policy) -> str:
    """Return the URL as sent when a webhook may have it, or raise InvalidRequest."""
    fault = _fault_in(text.strip(), policy)
    if fault is not None:
        raise InvalidRequest(fault, field=_URL_FIELD, value=text)
    return text.strip()


def warnings_of(url: str) -> tuple[str, ...]:
    """Return what may keep events from arriving at a URL that a webhook may have."""
    parts = urlsplit(url)
    if parts.scheme == "http" and _address(parts.hostname or "") is None:
        return (_HTTP_BY_NAME,)
    return ()


def _fault_in(text: str, policy: Policy) -> str | None:
    if len(text) > MAX_URL_CHARS:
        return f"The URL is {len(text)} characters long, over the {MAX_URL_CHARS} allowed"
    if "\\" in text or any(unicodedata.category(letter) in {"Cc", "Cs", "Zs"} for letter in text):
        return "The URL contains a space, a backslash or a control character"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return "This is not a URL; expected one such as https://your-app.com/webhook"
    if port == 0:
        return "Port 0 cannot be connected to"
    return _fault_of_form(parts) or _fault_of_host(parts, policy)


def _fault_of_form(parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return "A webhook URL begins with https://"
    if parts.username is not None or parts.password is not None:
        return "The URL contains a user name or password; verify the signature instead"
    if parts.fragment:
        return "A fragment (#…) is never sent to a server; leave it out"
    if not parts.hostname:
        return "The URL has no host"
    return None


def _fault_of_host(parts: SplitResult, policy: Policy) -> str | None:
    host = parts.hostname or ""
    address = _address(host)
    if "[" in parts.netloc and not isinstance(address, IPv6Address):
        return "What stands in brackets is not an IPv6 address"
    if address is None:
        return _fault_of_name(host, parts.scheme, policy)
    denial = policy.denial_for(address)
    if denial is not None:
        return f"The network policy does not let us connect there: {denial}"
    if parts.scheme == "http" and not policy.is_opened(address):
        return "A webhook URL begins with https://; http is for explicitly opened networks only"
    return None


def _fault_of_name(host: str, scheme: str, policy: Policy) -> str | None:
    if scheme == "http" and not policy.allow:
        return "A webhook URL begins with https://; http is for explicitly opened networks only"
    try:
        name = normalised_fqdn(host, field=_URL_FIELD)
    except InvalidRequest as error:
        return f"The URL's host cannot be used: {error.message}"
    denial = policy.denial_for_name(name)
    if denial is not None:
        return f"The network policy does not let us connect there: {denial}"
    return None


def _address(host: str) -> IPAddress | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def event_of(status: CheckStatus) -> str:
    """Return the event of a check that ended so."""
    return f"check.{status}"
