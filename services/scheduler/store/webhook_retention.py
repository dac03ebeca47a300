"""Statements that delete what is left of webhooks after its time.

Law: a deleted webhook stays for as long as a delivery of it or a note about it does; whoever
deletes those, by their own retention, makes it free to go.
"""

from datetime import datetime

from services.scheduler.store.database import Connection


async def delete_old_notes(connection: Connection, *, before: datetime, limit: int) -> int:
    """Delete at most limit notes of who asked for a secret before then; return how many."""
    cursor = await connection.execute(
        """
        WITH old AS (
            SELECT webhook_id, id FROM webhook_audit WHERE at < %s ORDER BY at LIMIT %s
               FOR UPDATE SKIP LOCKED)
        DELETE FROM webhook_audit AS note USING old
         WHERE note.webhook_id = old.webhook_id AND note.id = old.id
        """,
        (before, limit),
    )
    return cursor.rowcount


async def delete_old_webhooks(
    connection: Connection, *, before: datetime, after: datetime, limit: int
) -> tuple[int, datetime | None]:
    """Look at the next limit webhooks deleted after one moment and before another, the first first.

    Returns how many went, with their paces, and from which moment to go on; None after the last.
    Run in a transaction.
    """
    cursor = await connection.execute(
        """
        WITH old AS (
            SELECT id, deleted_at FROM webhooks
             WHERE deleted_at > %(after)s AND deleted_at < %(before)s
             ORDER BY deleted_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        ), free AS (
            SELECT id FROM old
             WHERE NOT EXISTS (SELECT FROM webhook_deliveries WHERE webhook_id = old.id)
               AND NOT EXISTS (SELECT FROM webhook_audit WHERE webhook_id = old.id)
        ), paces AS (
            DELETE FROM webhook_paces USING free WHERE webhook_id = free.id
        ), gone AS (
            DELETE FROM webhooks USING free WHERE webhooks.id = free.id RETURNING webhooks.id
        )
        SELECT (SELECT count(*) FROM gone), count(*), max(deleted_at) FROM old
        """,
        {"before": before, "after": after, "limit": limit},
    )
    ((gone, looked_at, until),) = await cursor.fetchall()
    return gone, until if looked_at == limit else None
