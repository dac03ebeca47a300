"""Makes identifiers: a prefix that says what it names, then 26 characters that sort by time.

The 26 characters are a ULID (https://github.com/ulid/spec) in lower case: 48 bits of
milliseconds, 80 random bits, Crockford base 32.
"""

import re
import secrets
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ULID_LENGTH: Final = 26
_RANDOM_BYTES: Final = 10
# Two letters at a time, as 10 bits each: an id is made for every check, probe and request.
_PAIRS: Final = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS: Final = tuple(range(10 * (_ULID_LENGTH // 2 - 1), -1, -10))

CHECK_PREFIX: Final = "chk"
PROBE_PREFIX: Final = "prb"
WEBHOOK_PREFIX: Final = "whk"
DELIVERY_PREFIX: Final = "dlv"
EVENT_PREFIX: Final = "msg"
KEY_PREFIX: Final = "key"
ACCOUNT_PREFIX: Final = "acc"
REVIEW_PREFIX: Final = "rev"
# Of an event that is not of a check.
OCCURRENCE_PREFIX: Final = "evt"
DEAD_LETTER_PREFIX: Final = "dlt"
REQUEST_PREFIX: Final = "req"


# A caller's own: visible, so that neither a log nor a line of stored text is broken by one.
_REQUEST_ID: Final = re.compile(r"[\x21-\x7e]{1,128}")


def new_id(prefix: str, unix_ms: int) -> str:
    """Return a fresh id such as chk_01k3…; unix_ms is the time it sorts by."""
    number = (unix_ms << 8 * _RANDOM_BYTES) | int.from_bytes(secrets.token_bytes(_RANDOM_BYTES))
    return f"{prefix}_{_letters(number)}"


def earliest_id(prefix: str, unix_ms: int) -> str:
    """Return what no id made at that time or later sorts before."""
    return f"{prefix}_{_letters(max(0, unix_ms) << 8 * _RANDOM_BYTES)}"


def is_id(prefix: str, text: str) -> bool:
    """Tell whether text has the form of an id with this prefix."""
    return re.fullmatch(rf"{prefix}_[{_ALPHABET}]{{{_ULID_LENGTH}}}", text) is not None


def is_request_id(text: str) -> bool:
    """Tell whether a caller's own request id is kept: 1 to 128 visible ASCII characters."""
    return _REQUEST_ID.fullmatch(text) is not None


def _letters(number: int) -> str:
    return "".join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])
