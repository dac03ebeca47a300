"""Statements that read what became of the deliveries of a webhook."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from psycopg import sql

from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.domain.delivery_history import DeliveryRecord, RecordedAttempt
from services.scheduler.store.database import Connection

# Of one delivery; a replay begins its schedule anew, so there may be more.
MAX_ATTEMPTS_SHOWN: Final = 20

# What is handed out is due when its lease ends, which is no moment of an attempt.
_COLUMNS: Final = """
    delivery.id, message_id, event_type, event_at,
    CASE WHEN detail IS NULL THEN check_id END, sequence_number, state,
    CASE WHEN state = 'waiting' THEN greatest(due_at, slowed_until) END, ended_at
"""


async def list_deliveries(
    connection: Connection,
    webhook_id: str,
    *,
    states: Sequence[DeliveryState],
    before_id: str | None,
    limit: int,
) -> list[DeliveryRecord]:
    """Return one page of a webhook's deliveries, newest first, in these states or, of none, any."""
    parameters: dict[str, object] = {"webhook_id": webhook_id, "id": before_id, "limit": limit}
    any_or_each: Sequence[DeliveryState | None] = states or [None]
    branches = [_branch(state, has_start=before_id is not None) for state in any_or_each]
    statement = sql.SQL("SELECT * FROM ({}) AS page ORDER BY id DESC LIMIT %(limit)s").format(
        sql.SQL(" UNION ALL ").join(branches)
    )
    # Planned for these parameters: a plan made for any limit might sort.
    cursor = await connection.execute(statement, parameters, prepare=False)
    return await _with_attempts(connection, [_delivery(row) for row in await cursor.fetchall()])


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


def _branch(state: DeliveryState | None, *, has_start: bool) -> sql.Composed:
    """Return the page of one state, each read in the order of an index and merged with others."""
    conditions: list[sql.Composable] = [sql.SQL("webhook_id = %(webhook_id)s")]
    if has_start:
        conditions.append(sql.SQL("delivery.id < %(id)s"))
    if state is not None:
        conditions.append(sql.SQL("state = ") + sql.Literal(str(state)))
    return sql.SQL(
        "(SELECT " + _COLUMNS + " FROM webhook_deliveries AS delivery"  # noqa: S608 - constants of ours
        " JOIN webhooks ON webhooks.id = webhook_id"
        " WHERE {} ORDER BY delivery.id DESC LIMIT %(limit)s)"
    ).format(sql.SQL(" AND ").join(conditions))


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
