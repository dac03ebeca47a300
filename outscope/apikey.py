"""The form of an API key: svc_, 32 random characters, 6 characters of checksum.

The checksum lets a typo be refused without a look-up. 32 base-62 characters carry 190 bits, so a
plain SHA-256 is a sound way to store a key.
"""

import hashlib
import re
import secrets
import zlib
from typing import Final

_PREFIX: Final = "svc_"
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_CHARS: Final = 32
_CHECKSUM_CHARS: Final = 6
_FORM: Final = re.compile(rf"svc_[0-9A-Za-z]{{{_RANDOM_CHARS + _CHECKSUM_CHARS}}}", re.ASCII)


def new_api_key() -> str:
    """Return a fresh key; it is shown once and stored only as key_hash."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_CHARS))
    return f"{_PREFIX}{body}{_checksum(body)}"


def is_well_formed(key: str) -> bool:
    """Tell whether key has the form and the checksum of an API key."""
    if _FORM.fullmatch(key) is None:
        return False
    body = key.removeprefix(_PREFIX)
    return _checksum(body[:_RANDOM_CHARS]) == body[_RANDOM_CHARS:]


def key_hash(key: str) -> bytes:
    """Return the 32 bytes under which a key is stored."""
    return hashlib.sha256(key.encode()).digest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits: list[str] = []
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(digits)
