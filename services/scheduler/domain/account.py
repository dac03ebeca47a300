"""An account: whom checks belong to, and for how long they are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from outscope.errors import InvalidRequest

# Kept for ever.
FOR_EVER: Final = 0
MAX_RETENTION_DAYS: Final = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account."""

    id: str
    name: str
    created_at: datetime
    # None: as configured; 0: for ever.
    retention_days: int | None


def checked_retention(days: int) -> int:
    """Return days that checks may be kept, 0 for ever, or raise InvalidRequest."""
    if not FOR_EVER <= days <= MAX_RETENTION_DAYS:
        raise InvalidRequest(
            f"Checks are kept for 1 to {MAX_RETENTION_DAYS} days, or for ever: 0",
            field="days",
            value=days,
        )
    return days
