"""Statements about the running minute of each key."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.scheduler.domain.rate import Window
from services.scheduler.store.database import Connection


async def lock_windows(
    connection: Connection, key_ids: Sequence[str]
) -> tuple[dict[str, Window], datetime]:
    """Lock the windows of these keys, making those that are missing; return them and the time.

    Rows are locked in order of key, so that no two transactions wait for each other. The time is
    that after the locks were had: a window may have begun while we waited.
    """
    await connection.execute(
        "INSERT INTO rate_windows (key_id, started_at, used)"
        " SELECT key_id, now(), 0 FROM unnest(%s::text[]) AS wanted (key_id)"
        "  WHERE NOT EXISTS (SELECT FROM rate_windows WHERE rate_windows.key_id = wanted.key_id)"
        "  ORDER BY key_id ON CONFLICT DO NOTHING",
        (sorted(key_ids),),
    )
    cursor = await connection.execute(
        "SELECT key_id, started_at, used FROM rate_windows"
        " WHERE key_id = ANY(%s) ORDER BY key_id FOR UPDATE",
        (sorted(key_ids),),
    )
    windows = {
        key_id: Window(started_at=started_at, used=used)
        for key_id, started_at, used in await cursor.fetchall()
    }
    cursor = await connection.execute("SELECT clock_timestamp()")
    ((now,),) = await cursor.fetchall()
    return windows, now


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
