"""Statements about the running minute of each key."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from services.scheduler.domain.rate import Window
from services.scheduler.store.database import Connection

# The time of a lock on nothing.
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


async def lock_windows(
    connection: Connection, key_ids: Sequence[str]
) -> tuple[dict[str, Window], datetime]:
    """Lock the windows of these keys; return those there are, and the time the locks were had.

    Rows are locked in order of key, so that no two transactions wait for each other.
    """
    cursor = await connection.execute(
        "SELECT key_id, started_at, used, clock_timestamp() FROM rate_windows"
        " WHERE key_id = ANY(%s) ORDER BY key_id FOR UPDATE",
        (sorted(key_ids),),
    )
    rows = await cursor.fetchall()
    windows = {
        key_id: Window(started_at=started_at, used=used) for key_id, started_at, used, _ in rows
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
        UPDATE rate_windows SET started_at = new.started_at, used = new.used
          FROM unnest(%s::text[], %s::timestamptz[], %s::integer[])
               AS new (key_id, started_at, used)
         WHERE rate_windows.key_id = new.key_id
        """,
        (
            list(windows),
            [window.started_at for window in windows.values()],
            [window.used for window in windows.values()],
        ),
    )
