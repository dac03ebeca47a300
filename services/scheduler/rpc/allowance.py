"""Counts the verdicts that a key has judged again or explained, as the checks it creates.

Each has a running minute of its own, in Postgres, so that any number of schedulers count together.
"""

from typing import Final

from outscope.errors import Unavailable
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.rate import JUDGED, running_window, window_after
from services.scheduler.store.database import Database
from services.scheduler.store.rates import add_windows, lock_windows, save_windows

# What the row of a key is called, beside that of the checks it creates.
_ROW: Final = "{key_id}/judgements"


class JudgementAllowance:
    """Knows how much a key may still ask for."""

    def __init__(self, database: Database, *, rate_limit: int) -> None:
        self._database = database
        # A minute, of keys without a limit of their own; 0: no limit.
        self._rate_limit = rate_limit

    def limit_of(self, caller: Caller) -> int:
        """Return how many verdicts a minute a caller may ask for; 0: no limit."""
        return self._rate_limit if caller.rate_limit is None else caller.rate_limit

    async def spend(self, caller: Caller, wanted: int) -> None:
        """Count what a caller asks for; raises RateLimited, and Unavailable."""
        limit = self.limit_of(caller)
        if not limit or not wanted:
            return
        row = _ROW.format(key_id=caller.key_id)
        async with self._database.transaction() as connection:
            await add_windows(connection, [row])
            windows, now = await lock_windows(connection, [row])
            if row not in windows:
                raise Unavailable("The counter of this key was deleted; try again in a moment")
            window = running_window(windows[row], now)
            spent = window_after(window, wanted=wanted, limit=limit, now=now, counted=JUDGED)
            await save_windows(connection, {row: spent})
