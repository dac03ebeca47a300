"""Statements that delete old deliveries with their attempts.

Law: until when events of a webhook are forgotten is noted in the same transaction, so that nobody
misses what was deleted on purpose. Webhooks are locked before deliveries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.scheduler.domain.delivery import OPEN_DELIVERY_STATES
from services.scheduler.store.database import Connection


async def delete_old_deliveries(connection: Connection, *, before: str, limit: int) -> int:
    """Delete at most limit deliveries with smaller ids than that; return how many.

    Run in a transaction. What is under way stays.
    """
    cursor = await connection.execute(
        """
        SELECT webhook_id, array_agg(id), max(event_at)
          FROM (SELECT id, webhook_id, event_at FROM webhook_deliveries
                 WHERE id < %s AND NOT state = ANY(%s) ORDER BY id LIMIT %s) AS old
         GROUP BY webhook_id
        """,
        (before, list(OPEN_DELIVERY_STATES), limit),
    )
    rows = await cursor.fetchall()
    if not rows:
        return 0
    await _forget(connection, {webhook_id: until for webhook_id, _, until in rows})
    return await _delete(connection, [each for _, ids, _ in rows for each in ids])


async def _forget(connection: Connection, until: Mapping[str, datetime]) -> None:
    await connection.execute(
        """
        WITH held AS (SELECT id FROM webhooks WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE)
        UPDATE webhooks SET forgotten_until = greatest(forgotten_until, forgotten.until)
          FROM held,
               unnest(%(ids)s::text[], %(until)s::timestamptz[]) AS forgotten (webhook_id, until)
         WHERE webhooks.id = held.id AND webhook_id = held.id
        """,
        {"ids": list(until), "until": list(until.values())},
    )


async def _delete(connection: Connection, ids: Sequence[str]) -> int:
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id FROM webhook_deliveries WHERE id = ANY(%(ids)s) AND NOT state = ANY(%(open)s)
             ORDER BY id FOR UPDATE SKIP LOCKED
        ), attempts AS (
            DELETE FROM delivery_attempts USING held WHERE delivery_id = held.id
        )
        DELETE FROM webhook_deliveries AS delivery USING held WHERE delivery.id = held.id
        """,
        {"ids": sorted(ids), "open": list(OPEN_DELIVERY_STATES)},
    )
    return cursor.rowcount
