"""Keeps the API key of who has signed in: sealed in a cookie that no script can read.

Law: nothing of a session is kept here, so any gateway that has the keys opens it, and a restart
ends none; without keys of the configuration a process makes one that ends with it.
Source: https://github.com/fernet/spec
"""

from collections.abc import Sequence
from http.cookies import Morsel, SimpleCookie
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from outscope.clock import Clock

_COOKIE: Final = "outscope_session"
# Browsers take a cookie of such a name from this very host alone, and by HTTPS.
_OF_THIS_HOST: Final = "__Host-"
LIFETIME_S: Final = 12 * 3600


class Sessions:
    """Seals with the first of its keys, and opens with any of them."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys or (Fernet.generate_key(),)])
        self._clock = clock

    def sealed(self, api_key: str) -> str:
        """Return what a cookie holds for a key."""
        return self._fernet.encrypt_at_time(api_key.encode(), self._now_s()).decode()

    def opened(self, sealed: str) -> str | None:
        """Return the key; None of what was not sealed here, was changed or is too old."""
        try:
            opened = self._fernet.decrypt_at_time(sealed.encode(), LIFETIME_S, self._now_s())
        except InvalidToken:
            return None
        return opened.decode()

    def _now_s(self) -> int:
        return int(self._clock().timestamp())


def cookie_name(*, is_secure: bool) -> str:
    """Return the name of the cookie; over HTTPS one that no neighbouring host can set.

    Source: https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html, section 4.1.3.2.
    """
    return f"{_OF_THIS_HOST}{_COOKIE}" if is_secure else _COOKIE


def session_cookie(sealed: str, *, is_secure: bool) -> str:
    """Return the Set-Cookie of a session; of an empty one, which ends it."""
    cookie: SimpleCookie = SimpleCookie()
    name = cookie_name(is_secure=is_secure)
    cookie[name] = sealed
    morsel: Morsel[str] = cookie[name]
    morsel["path"] = "/"
    morsel["max-age"] = LIFETIME_S if sealed else 0
    morsel["httponly"] = True
    morsel["samesite"] = "Strict"
    morsel["secure"] = is_secure
    return morsel.OutputString()


def is_session_key(text: str) -> bool:
    """Tell whether a text can seal sessions: 32 bytes in URL-safe base64."""
    try:
        Fernet(text)
    except ValueError:
        return False
    return True
