"""Takes credentials out of headers before anything of them is stored or reported: pure.

Only values go; that a header or a cookie is there, and how it is flagged, stays visible.
WWW-Authenticate is a question, not a credential, but there may be some in its addresses. What an
address carries before its host is taken out, and what it carries in its query where its name is
that of a credential.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

REDACTED: Final = "[redacted]"

_SET_COOKIE: Final = frozenset({"set-cookie", "set-cookie2"})
_CREDENTIALS: Final = frozenset({"cookie", "cookie2"})
_QUESTIONS: Final = frozenset({"proxy-authenticate", "www-authenticate"})
# Anywhere in a header's name; "auth" only where a word begins, so that no author is meant.
_CREDENTIAL_NAME: Final = re.compile(
    r"token|secret|passw(?:or)?d|passphrase|session|api[-_]?key|access[-_]?key|jwt|credential"
    r"|assertion|signature|saml|x-amzn-oidc-|(?:^|[-_])(?:x?auth(?!or(?:$|[-_s]))|oauth|(?:sid|sig)(?:$|[-_]))"
)
# Names of headers that are looked at once, for as long as they keep coming.
_REMEMBERED: Final = 1024
_REMEMBERED_CHARS: Final = 64
_ADDRESSES: Final = frozenset({"content-location", "link", "location", "refresh"})
# name=value in a path, query or fragment. A value ends with its parameter or the address; with a
# question mark too, unless it is a secret.
_PARAMETER: Final = re.compile(r"(?<=[?&;#])([^=&;#?\s<>\"']++)=")
_VALUE: Final = re.compile(r"[^&;#\s<>\"']++")
# user:password@ before a host (RFC 3986, section 3.2.1). Browsers need no slashes before it, and
# take it for a segment of the path when the scheme is the page's own.
_USERINFO: Final = re.compile(
    r"(?:(?<=[/\\]{2})|(?<=\bhttp:)|(?<=\bhttps:))[^/\\?#\s<>\"']*@"
    r"|(?<=/)[^/\\?#\s<>\"':@]+:[^/\\?#\s<>\"'@]+@",
    re.IGNORECASE,
)
_PARAMETER_NAME: Final = re.compile(
    r"token|secret|passw(?:or)?d|pwd|session|jwt|credential|assertion|signature|saml|ticket"
    r"|^code$|(?:^|[-_.])(?:key|apikey|sig|sid|auth|otp|hmac|pass)$|access[-_]?key|authorization"
)


def redacted(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the headers without credentials; names are expected in lower case."""
    return tuple((name, redacted_value(name, value)) for name, value in headers)


def redacted_value(name: str, value: str) -> str:
    """Return a header's value, or what of it is no credential."""
    if name in _SET_COOKIE:
        return _redacted_cookie(value)
    if name in _ADDRESSES or name in _QUESTIONS:
        return redacted_address(value)
    return REDACTED if _is_credential(name) else value


def redacted_address(value: str) -> str:
    """Return an address, or a text with addresses in it, without the credentials they carry."""
    kept: list[str] = []
    position = 0
    if "@" in value:
        value = _USERINFO.sub(f"{REDACTED}@", value)
    while parameter := _PARAMETER.search(value, position):
        kept.append(value[position : parameter.end()])
        position = parameter.end()
        secret = _VALUE.match(value, position) if _is_secret(parameter.group(1)) else None
        if secret is not None:
            kept.append(REDACTED)
            position = secret.end()
    return "".join((*kept, value[position:]))


def redacted_words(words: bytes) -> bytes:
    """Return what a server said without credentials: it may repeat the address it was asked for."""
    return redacted_address(words.decode("latin-1")).encode("latin-1")


def _is_credential(name: str) -> bool:
    is_short = len(name) <= _REMEMBERED_CHARS
    return _remembered_credential(name) if is_short else _names_credential(name)


@lru_cache(maxsize=_REMEMBERED)
def _remembered_credential(name: str) -> bool:
    """Return what was found of the same name before: every answer has much the same headers."""
    return _names_credential(name)


def _names_credential(name: str) -> bool:
    if name in _QUESTIONS:
        return False
    return name in _CREDENTIALS or _CREDENTIAL_NAME.search(name) is not None


def _is_secret(parameter: str) -> bool:
    return _PARAMETER_NAME.search(parameter.lower()) is not None


def _redacted_cookie(value: str) -> str:
    """Return a cookie's name and attributes: 'sid=[redacted]; Path=/; HttpOnly'."""
    pair, separator, attributes = value.partition(";")
    name, equals, _ = pair.partition("=")
    if not equals:
        return REDACTED
    return f"{name.strip()}={REDACTED}{separator}{attributes}"
