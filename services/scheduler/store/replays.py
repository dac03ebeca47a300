"""Statements that make deliveries due again that had ended or were held.

Law: a replay keeps the id of its message and takes the number of the next attempt, so a receiver
can drop what it knows, and what was told of an earlier attempt stays. Its schedule begins anew; a
test event has one attempt each time somebody asks for it, and is not sent among others.
"""

from typing import Final

from services.scheduler.domain.delivery import (
    ONLY_ATTEMPT_FROM,
    DeliveryEvent,
    DeliveryState,
    delivery_state_after,
    delivery_states_accepting,
)
from services.scheduler.domain.subscription import WEBHOOK_TEST
from services.scheduler.store.database import Connection

_AGAIN: Final = """
    UPDATE webhook_deliveries AS delivery
       SET state = %(waiting)s, attempt = made.attempts + 1,
           schedule_from = made.attempts
                         + CASE WHEN event_type = %(sample)s THEN %(only_attempt_from)s ELSE 0 END,
           replays = replays + 1, stream_sequence = NULL, due_at = now(), ended_at = NULL
      FROM made WHERE delivery.id = made.id
    RETURNING delivery.id
"""
_AGAIN_PARAMETERS: Final = {
    "waiting": delivery_state_after(DeliveryEvent.REPLAYED),
    "sample": WEBHOOK_TEST,
    "only_attempt_from": ONLY_ATTEMPT_FROM,
}


async def replay_delivery(connection: Connection, delivery_id: str, *, webhook_id: str) -> bool:
    """Make a delivery of this webhook due again; False when it is under way already.

    Run in a transaction that has locked the webhook. Raises LookupError when there is none such.
    """
    cursor = await connection.execute(
        "SELECT state FROM webhook_deliveries WHERE id = %s AND webhook_id = %s FOR UPDATE",
        (delivery_id, webhook_id),
    )
    row = await cursor.fetchone()
    if row is None:
        raise LookupError(delivery_id)
    if DeliveryState(row[0]) not in delivery_states_accepting(DeliveryEvent.REPLAYED):
        return False
    await connection.execute(
        f"""
        WITH made AS (
            SELECT id, (SELECT coalesce(max(attempt), 0) FROM delivery_attempts
                         WHERE delivery_id = id) AS attempts
              FROM webhook_deliveries WHERE id = %(id)s)
        {_AGAIN}
        """,  # noqa: S608 - a constant of ours
        {"id": delivery_id, **_AGAIN_PARAMETERS},
    )
    return True


async def replay_slice(
    connection: Connection, webhook_id: str, state: DeliveryState, *, after: str, limit: int
) -> list[str]:
    """Make the next deliveries that failed, or are held, due again; return their ids in order.

    Those after an id, of which limit are the next; what another transaction has is left out, and so
    are test events, of which nobody waits to hear later.
    Told by rows in order, as a page of deliveries is: store/delivery_history.py.
    """
    cursor = await connection.execute(
        f"""
        WITH made AS (
            SELECT id, (SELECT coalesce(max(attempt), 0) FROM delivery_attempts
                         WHERE delivery_id = id) AS attempts
              FROM webhook_deliveries
             WHERE (webhook_id, state, id) > (%(webhook_id)s, %(state)s, %(after)s)
               AND (webhook_id, state, id) < (%(webhook_id)s, %(state)s, '~')
               AND event_type <> %(sample)s
             ORDER BY webhook_id, state, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        {_AGAIN}
        """,  # noqa: S608 - a constant of ours
        {
            "webhook_id": webhook_id,
            "state": state,
            "after": after,
            "limit": limit,
            **_AGAIN_PARAMETERS,
        },
    )
    return sorted(delivery_id for (delivery_id,) in await cursor.fetchall())
