"""What is kept of an API key, and what a new one may be like."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.errors import InvalidRequest

_MAX_NAME_CHARS: Final = 100
_MAX_RATE_LIMIT: Final = 1_000_000


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
    # Checks per minute; None: the configured default; 0: none.
    rate_limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who a valid key stands for."""

    account_id: str
    key_id: str
    # Checks per minute; None: the configured default; 0: none.
    rate_limit: int | None
    # How much longer the key is valid; None: without end.
    expires_in_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTerms:
    """What somebody asks of a new key, checked."""

    name: str
    expires_at: datetime | None
    rate_limit: int | None


def checked_terms(
    *, name: str, expires_at: datetime | None, rate_limit: int | None, now: datetime
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
    if rate_limit is not None and not 0 <= rate_limit <= _MAX_RATE_LIMIT:
        raise InvalidRequest(
            f"A rate limit is between 0 (none) and {_MAX_RATE_LIMIT}",
            field="rate_limit",
            value=rate_limit,
        )
    return KeyTerms(name=trimmed, expires_at=expires_at, rate_limit=rate_limit)
