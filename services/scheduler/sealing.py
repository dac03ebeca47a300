"""Seals what the scheduler stores of webhooks and must be able to read again: secrets and headers.

Law: what was stored in plain text stays readable, so keys can be introduced at any time; what is
sealed says so in its first word, and no error shows either form.
Fernet (AES-128-CBC and HMAC-SHA256) of cryptography; the first key seals, every key opens.
"""

import re
from collections.abc import Sequence
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from outscope.errors import Unavailable
from outscope.telemetry.logs import logger

log = logger(__name__)

_SEALED: Final = "sealed:"
_UNREADABLE: Final = (
    "What is stored of this webhook cannot be read at present; when that lasts, rotate its secret "
    "with overlap_hours 0, and set its headers and signatures anew"
)
# Stricter than the decoder, which passes over what is no base64.
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}=", re.ASCII)


def new_key() -> str:
    """Return a fresh key for OUTSCOPE_SECRET_KEYS."""
    return Fernet.generate_key().decode()


def is_key(text: str) -> bool:
    """Tell whether a text is a key: 32 bytes in URL-safe base64."""
    return _KEY.fullmatch(text) is not None


class Seal:
    """Seals and opens with keys, newest first; without any it stores plain text."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        self._fernets = tuple(Fernet(key) for key in keys)
        # Of no key a MultiFernet cannot be made.
        self._opening = MultiFernet(self._fernets) if self._fernets else None

    @property
    def has_key(self) -> bool:
        """Whether what is stored from now on is sealed."""
        return bool(self._fernets)

    def sealed(self, text: str) -> str:
        """Return what to store of a text."""
        if not self._fernets:
            return text
        return _SEALED + self._fernets[0].encrypt(text.encode()).decode()

    def opened(self, stored: str) -> str:
        """Return the text of what was stored; raises Unavailable when no key opens it."""
        try:
            return self._opened(stored)
        except InvalidToken as error:
            log.error(  # noqa: TRY400 - which key was tried says nothing
                "no key of OUTSCOPE_SECRET_KEYS opens a secret: add back the one that sealed it"
            )
            raise Unavailable(_UNREADABLE) from error

    def opens(self, stored: str) -> bool:
        """Tell whether a key opens what was stored, or it is plain text."""
        try:
            self._opened(stored)
        except InvalidToken:
            return False
        return True

    def _opened(self, stored: str) -> str:
        """Return the text of what was stored; raises InvalidToken."""
        if not stored.startswith(_SEALED):
            return stored
        if self._opening is None:
            raise InvalidToken
        return self._opening.decrypt(stored.removeprefix(_SEALED)).decode()

    def is_current(self, stored: str) -> bool:
        """Tell whether it is stored as it would be now: by the first key, or plain without one."""
        if stored.startswith(_SEALED) != self.has_key:
            return False
        if not self._fernets:
            return True
        try:
            self._fernets[0].decrypt(stored.removeprefix(_SEALED))
        except InvalidToken:
            return False
        return True
