"""A Retry-After header: seconds within bounds, the same that email.utils reads in a date."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from outscope.limits import MAX_RETRY_AFTER_S
from services.notifier.retry import retry_after_s
from tests.fuzz.target import Target

_NOW = datetime(2026, 4, 21, 10, 0, 0, tzinfo=UTC)
# email.utils takes the year 0026 for 2026; in a Retry-After it is what it says.
_FIRST_CENTURY: Final = re.compile(r"\b00\d\d\b", re.ASCII)


def check(noise: bytes) -> None:
    """Read noise as the header's value."""
    value = noise.decode("latin-1")
    seconds = retry_after_s(value, _NOW)
    text = value.strip()
    if text.isascii() and text.isdigit():
        assert seconds == min(int(text[-4000:]) if len(text) < 4000 else 10**9, MAX_RETRY_AFTER_S)
        return
    if seconds is None:
        return
    assert 0 <= seconds <= MAX_RETRY_AFTER_S
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return
    if _FIRST_CENTURY.search(text):
        assert seconds == 0
    elif moment.tzinfo is not None and text.endswith("GMT") and len(text) == 29:
        wanted = round((moment - _NOW).total_seconds())
        assert seconds == min(max(0, wanted), MAX_RETRY_AFTER_S)


TARGET = Target(
    check=check,
    seeds=(
        b"120",
        b" 000120 ",
        b"9" * 300,
        b"Tue, 21 Apr 2026 10:02:00 GMT",
        b"Tue, 21 Apr 0026 10:02:00 GMT",
        b"Tuesday, 21-Apr-26 10:02:00 GMT",
        b"Tue Apr 21 10:02:00 2026",
        b"-1",
    ),
    max_bytes=400,
)
