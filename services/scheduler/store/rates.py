"""Statements about what was created in the running minute and month, and what is pending."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from services.scheduler.domain.limits import Pending
from services.scheduler.domain.rate import Window
from services.scheduler.store.database import Connection

# The time of a lock on nothing.
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
PENDING: Final = (
    "SELECT counted_for, count(*), max(created_at) + %s * interval '1 second' FROM checks"
    " WHERE status = 'pending' AND counted_for = ANY(%s) GROUP BY counted_for"
)


async def lock_windows(
    connection: Connection, key_ids: Sequence[str]
) -> tuple[dict[str, Window], datetime]:
    """Lock windows; return those there are, and the time the locks were had.

    Rows are locked in order of key, so that no two transactions wait for each other.
    """
    cursor = await connection.execute(
        "SELECT key_id, started_at, used, month, month_used, clock_timestamp() FROM rate_windows"
        " WHERE key_id = ANY(%s) ORDER BY key_id FOR UPDATE",
        (sorted(key_ids),),
    )
    rows = await cursor.fetchall()
    windows = {
        key_id: Window(started_at=started_at, used=used, month=month, month_used=month_used)
        for key_id, started_at, used, month, month_used, _ in rows
    }
    return windows, max((now for *_, now in rows), default=_NEVER)


async def add_windows(connection: Connection, key_ids: Sequence[str]) -> None:
    """Make the windows that are missing, with nothing used."""
    await connection.execute(
        "INSERT INTO rate_windows (key_id, started_at, used)"
        " SELECT key_id, now(), 0 FROM unnest(%s::text[]) AS wanted (key_id) ORDER BY key_id"
        " ON CONFLICT DO NOTHING",
        (sorted(key_ids),),
    )


async def save_windows(connection: Connection, windows: Mapping[str, Window]) -> None:
    """Store windows that this transaction has locked."""
    await connection.execute(
        """
        UPDATE rate_windows
           SET started_at = new.started_at, used = new.used, month = new.month,
               month_used = new.month_used
          FROM unnest(%s::text[], %s::timestamptz[], %s::integer[], %s::date[], %s::integer[])
               AS new (key_id, started_at, used, month, month_used)
         WHERE rate_windows.key_id = new.key_id
        """,
        (
            list(windows),
            [window.started_at for window in windows.values()],
            [window.used for window in windows.values()],
            [window.month for window in windows.values()],
            [window.month_used for window in windows.values()],
        ),
    )


async def find_windows(
    connection: Connection, counted_for: Sequence[str]
) -> tuple[dict[str, Window], datetime]:
    """Return the windows of accounts and keys, and the time; locks nothing."""
    cursor = await connection.execute(
        "SELECT clock_timestamp(), key_id, started_at, used, month, month_used"
        "  FROM (SELECT) AS nothing LEFT JOIN rate_windows ON key_id = ANY(%s)",
        (list(counted_for),),
    )
    rows = await cursor.fetchall()
    windows = {
        key_id: Window(started_at=started_at, used=used, month=month, month_used=month_used)
        for _, key_id, started_at, used, month, month_used in rows
        if key_id is not None
    }
    return windows, rows[0][0]


async def count_pending(
    connection: Connection, counted_for: Sequence[str], *, deadline_s: float
) -> dict[str, Pending]:
    """Return what is pending for accounts and keys; nothing of those that have none."""
    cursor = await connection.execute(PENDING, (deadline_s, list(counted_for)))
    return {
        name: Pending(count=count, ended_by=ended_by)
        for name, count, ended_by in await cursor.fetchall()
    }
