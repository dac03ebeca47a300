"""Deletes the checks of each account after its retention, a slice of one account at a time.

Accounts take turns: one that has very much to delete holds up no other.
"""

from collections import deque
from typing import Final

from outscope.telemetry.logs import logger
from outscope.telemetry.metrics import Counter
from services.scheduler.loops.pace import repeat
from services.scheduler.store.database import Database
from services.scheduler.store.retention import accounts_with_old_checks, delete_old_checks

log = logger(__name__)

SLICE: Final = 200
_EVERY_S: Final = 60.0
# Between two slices, so that a long purge leaves the disk to others.
_PAUSE_S: Final = 0.05
_PAGE: Final = 500

_PURGED = Counter("outscope_checks_purged_total", "Checks deleted after their retention.")


class Retention:
    """Deletes old checks; days are those of accounts that have none of their own, 0 for ever."""

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days
        # Accounts with old checks and their days, and after which account to look for more.
        self._found: deque[tuple[str, int]] = deque()
        self._after: str | None = ""

    async def run(self) -> None:
        """Purge for ever."""
        await repeat("retention", self.purge, every_s=_EVERY_S, pause_s=_PAUSE_S)

    async def purge(self) -> bool:
        """Delete one slice, or look for what is old; tell whether there may be more."""
        if self._found:
            await self._delete_slice(*self._found.popleft())
            return True
        if self._after is None:
            self._after = ""
            return False
        async with self._database.session() as connection:
            found, self._after = await accounts_with_old_checks(
                connection, after=self._after, default_days=self._days, page=_PAGE
            )
        self._found.extend(found)
        return True

    async def _delete_slice(self, account_id: str, days: int) -> None:
        async with self._database.transaction() as connection:
            deleted = await delete_old_checks(connection, account_id, days=days, limit=SLICE)
        if deleted:
            _PURGED.inc(deleted)
            log.info("old checks deleted", account_id=account_id, checks=deleted)
        if deleted == SLICE:
            self._found.append((account_id, days))
