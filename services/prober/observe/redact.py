"""Takes credentials out of headers before anything of them is stored or reported: pure.

Only values go; that a header or a cookie is there, and how it is flagged, stays visible.
WWW-Authenticate is a question, not a credential.
"""

from collections.abc import Iterable
from typing import Final

REDACTED: Final = "[redacted]"

_SET_COOKIE: Final = frozenset({"set-cookie", "set-cookie2"})
_CREDENTIALS: Final = frozenset(
    {
        "api-key",
        "apikey",
        "authentication",
        "authentication-info",
        "authorization",
        "cookie",
        "cookie2",
        "jwt",
        "proxy-authentication-info",
        "proxy-authorization",
        "refresh-token",
        "token",
        "x-access-token",
        "x-amz-security-token",
        "x-api-key",
        "x-auth",
        "x-auth-token",
        "x-authorization",
        "x-csrf-token",
        "x-goog-api-key",
        "x-jwt",
        "x-refresh-token",
        "x-secret",
        "x-session-id",
        "x-session-token",
        "x-token",
        "x-vault-token",
        "x-xsrf-token",
    }
)


def redacted(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers without credentials; names are expected in lower case."""
    return tuple((name, redacted_value(name, value)) for name, value in headers)


def redacted_value(name: str, value: str) -> str:
    """Return a header's value, or what of it is no credential."""
    if name in _CREDENTIALS:
        return REDACTED
    if name in _SET_COOKIE:
        return _redacted_cookie(value)
    return value


def _redacted_cookie(value: str) -> str:
    """Return a cookie's name and attributes: 'sid=[redacted]; Path=/; HttpOnly'."""
    pair, separator, attributes = value.partition(";")
    name, equals, _ = pair.partition("=")
    if not equals:
        return REDACTED
    return f"{name.strip()}={REDACTED}{separator}{attributes}"
