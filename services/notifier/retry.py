"""Reads what an answer means for the next attempt: an error word, and how long to wait.

The scheduler decides when to try again; this module only tells it what the endpoint said.
"""

import unicodedata
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from outscope.limits import MAX_RETRY_AFTER_S

# RFC 9110, section 5.6.7: the form to send, and the two obsolete ones to understand.
_HTTP_DATES: Final = (
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %d %H:%M:%S %Y",
)

_LAYOUT: Final = frozenset("\n\r\t")
# Control characters, those that turn the direction of text among them, and what is not assigned.
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class DeliveryError(StrEnum):
    """Why an attempt was no success; the words are part of the contract."""

    NONE = ""
    TARGET_REFUSED = "target_refused"
    INVALID_URL = "invalid_url"
    DNS_FAILED = "dns_failed"
    CONNECT_FAILED = "connect_failed"
    CONNECTION_LOST = "connection_lost"
    TLS_FAILED = "tls_failed"
    TIMEOUT = "timeout"
    MALFORMED_ANSWER = "malformed_answer"
    REDIRECT = "redirect"
    HTTP_STATUS = "http_status"
    EGRESS_FAILED = "egress_failed"  # our own egress proxy is not there, or does not let us in
    INTERNAL = "internal"


def error_for_status(status_code: int) -> DeliveryError:
    """Return the error of an answer: only 2xx is a success, and a redirect is never followed."""
    match status_code // 100:
        case 2:
            return DeliveryError.NONE
        case 3:
            return DeliveryError.REDIRECT
        case _:
            return DeliveryError.HTTP_STATUS


def shown_text(body: bytes) -> str:
    """Return the beginning of an answer as text that can be shown: what is none is replaced."""
    text = body.decode("utf-8", errors="replace")
    return "".join(
        letter if letter in _LAYOUT or unicodedata.category(letter) not in _UNSHOWN else "\ufffd"
        for letter in text
    )


def retry_after_s(value: str | None, now: datetime) -> int | None:
    """Return the seconds a Retry-After header asks for, or None when it cannot be read."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return _bounded(text)
    moment = _http_date(text)
    if moment is None:
        return None
    return min(max(0, round((moment - now).total_seconds())), MAX_RETRY_AFTER_S)


def _bounded(digits: str) -> int:
    # Compared by length first: int() of a megabyte of digits is an attack of its own.
    significant = digits.lstrip("0")
    if len(significant) > len(str(MAX_RETRY_AFTER_S)):
        return MAX_RETRY_AFTER_S
    return min(int(significant or "0"), MAX_RETRY_AFTER_S)


def _http_date(text: str) -> datetime | None:
    for form in _HTTP_DATES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
