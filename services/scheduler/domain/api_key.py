"""What is kept of an API key, and what a new one may be like."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.errors import InvalidRequest

_MAX_NAME_CHARS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A credential of an account; the key itself is nowhere."""

    id: str
    account_id: str
    name: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    # Limits of its own. None: the configured default; 0: none.
    # Checks per minute.
    rate_limit: int | None
    # Checks pending at once.
    inflight_limit: int | None = None
    # Checks per calendar month.
    monthly_quota: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a valid key stands for."""

    account_id: str
    key_id: str
    # Checks per minute; None: the configured default; 0: none.
    rate_limit: int | None
    # Checks pending at once, and checks per calendar month; likewise.
    inflight_limit: int | None = None
    monthly_quota: int | None = None
    # How much longer the key is valid; None: without end.
    expires_in_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What somebody asks of a new key, checked."""

    name: str
    expires_at: datetime | None
    rate_limit: int | None
    inflight_limit: int | None = None
    monthly_quota: int | None = None


def checked_terms(
    *,
    name: str,
    expires_at: datetime | None,
    rate_limit: int | None,
    now: datetime,
    inflight_limit: int | None = None,
    monthly_quota: int | None = None,
) -> KeyTerms:
    """Return the terms of a new key, or raise InvalidRequest."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > _MAX_NAME_CHARS or not trimmed.isprintable():
        raise InvalidRequest(
            f"A key has a name of 1 to {_MAX_NAME_CHARS} printable characters",
            field="name",
            value=name,
        )
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest(
            "The expiry is in the past", field="expires_at", value=expires_at.isoformat()
        )
    limits = {
        "rate_limit": rate_limit,
        "inflight_limit": inflight_limit,
        "monthly_quota": monthly_quota,
    }
    check_limits(limits)
    return KeyTerms(name=trimmed, expires_at=expires_at, **limits)


_LIMITS: Final[Mapping[str, tuple[str, int]]] = {
    "rate_limit": ("A rate limit", 1_000_000),
    "inflight_limit": ("A limit of pending checks", 1_000_000),
    "monthly_quota": ("A monthly quota", 1_000_000_000),
}


def check_limits(limits: Mapping[str, int | None]) -> None:
    """Raise InvalidRequest for a key's own limit, by name, that can be none."""
    for name, value in limits.items():
        what, most = _LIMITS[name]
        if value is not None and not 0 <= value <= most:
            raise InvalidRequest(f"{what} is between 0 (none) and {most}", field=name, value=value)
