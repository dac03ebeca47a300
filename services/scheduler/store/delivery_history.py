"""Statements that read what became of the deliveries of a webhook."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, LiteralString

from psycopg import sql

from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.domain.delivery_history import DeliveryRecord, RecordedAttempt
from services.scheduler.store.database import Connection

# Of one delivery; a replay begins its schedule anew, so there may be more.
MAX_ATTEMPTS_SHOWN: Final = 20

# What is handed out is due when its lease ends, which is no moment of an attempt.
_COLUMNS: Final[LiteralString] = """
    delivery.id, message_id, event_type, event_at,
    CASE WHEN detail IS NULL THEN check_id END, sequence_number, state,
    CASE WHEN state = 'waiting' THEN greatest(due_at, slowed_until) END, ended_at
"""

# The page of one state. It is told by rows in order, and not by equality, which would let the
# planner walk backward over all there is, of whatever webhook, when this one has a large share.
_BRANCH: Final[LiteralString] = """
    (SELECT * FROM webhook_deliveries
      WHERE (webhook_id, state, id) > (%(webhook_id)s, {state}, %(after)s)
        AND (webhook_id, state, id) < (%(webhook_id)s, {state}, %(before)s)
      ORDER BY webhook_id DESC, state DESC, id DESC LIMIT %(limit)s)
"""
_PAGE: Final[LiteralString] = f"""
    SELECT {_COLUMNS} FROM ({{branches}}) AS delivery JOIN webhooks ON webhooks.id = webhook_id
     ORDER BY delivery.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants of ours
# Sorts behind every id.
_AFTER_ALL: Final = "~"


async def list_deliveries(
    connection: Connection,
    webhook_id: str,
    *,
    states: Sequence[DeliveryState],
    before_id: str | None,
    limit: int,
) -> list[DeliveryRecord]:
    """Return one page of a webhook's deliveries, newest first, in these states or, of none, any."""
    statement, parameters = page_statement(
        webhook_id, states=states, before_id=before_id, limit=limit
    )
    # Planned for these parameters: a plan made for any limit might sort.
    cursor = await connection.execute(statement, parameters, prepare=False)
    return await _with_attempts(connection, [_delivery(row) for row in await cursor.fetchall()])


def page_statement(
    webhook_id: str, *, states: Sequence[DeliveryState], before_id: str | None, limit: int
) -> tuple[sql.Composed, dict[str, object]]:
    """Return the statement of one page, and its parameters."""
    branches = [sql.SQL(_BRANCH).format(state=str(state)) for state in states or DeliveryState]
    statement = sql.SQL(_PAGE).format(branches=sql.SQL(" UNION ALL ").join(branches))
    return statement, {
        "webhook_id": webhook_id,
        "after": "",
        "before": _AFTER_ALL if before_id is None else before_id,
        "limit": limit,
    }


async def find_recorded_delivery(
    connection: Connection, delivery_id: str, *, webhook_id: str
) -> DeliveryRecord | None:
    """Return a delivery of this webhook, or None."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM webhook_deliveries AS delivery"  # noqa: S608 - constants of ours
        " JOIN webhooks ON webhooks.id = webhook_id"
        " WHERE delivery.id = %s AND webhook_id = %s",
        (delivery_id, webhook_id),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    (found,) = await _with_attempts(connection, [_delivery(row)])
    return found


async def _with_attempts(
    connection: Connection, deliveries: Sequence[DeliveryRecord]
) -> list[DeliveryRecord]:
    cursor = await connection.execute(
        """
        SELECT wanted.id, attempt, attempted_at, duration_ms, status_code, error, answer
          FROM unnest(%(ids)s::text[]) AS wanted (id),
               LATERAL (SELECT * FROM delivery_attempts WHERE delivery_id = wanted.id
                         ORDER BY attempt DESC LIMIT %(most)s) AS latest
        """,
        {"ids": [each.id for each in deliveries], "most": MAX_ATTEMPTS_SHOWN},
    )
    attempts: dict[str, list[RecordedAttempt]] = {}
    for delivery_id, *columns in await cursor.fetchall():
        attempts.setdefault(delivery_id, []).append(_attempt(columns))
    return [
        replace(
            each,
            attempts=tuple(
                sorted(attempts.get(each.id, ()), key=lambda one: one.attempt, reverse=True)
            ),
        )
        for each in deliveries
    ]


def _delivery(row: Sequence[Any]) -> DeliveryRecord:
    return DeliveryRecord(
        id=row[0],
        message_id=row[1],
        event_type=row[2],
        event_at=row[3],
        check_id=row[4],
        sequence=row[5],
        state=DeliveryState(row[6]),
        next_attempt_at=row[7],
        ended_at=row[8],
    )


def _attempt(columns: Sequence[Any]) -> RecordedAttempt:
    attempt, attempted_at, duration_ms, status_code, error, answer = columns
    return RecordedAttempt(
        attempt=attempt,
        attempted_at=attempted_at,
        duration_ms=duration_ms,
        status_code=status_code,
        error=error,
        answer=answer,
    )
