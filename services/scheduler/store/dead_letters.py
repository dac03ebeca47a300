"""Statements about what was set aside."""

from collections.abc import Sequence
from typing import Any, Final

from services.scheduler.domain.check import CheckSpec
from services.scheduler.domain.dead_letter import (
    DeadLetter,
    DeadLetterKind,
    LostCheck,
    UnusableMessage,
)
from services.scheduler.store.checks import spec_in
from services.scheduler.store.database import Connection

_COLUMNS: Final = (
    "id, kind, created_at, reason, check_id, vantage_point, subject, payload, replayed_at,"
    " replayed_as"
)


async def insert_lost_checks(connection: Connection, lost: Sequence[LostCheck]) -> None:
    """Set checks aside."""
    await connection.execute(
        """
        INSERT INTO dead_letters (id, kind, reason, check_id, vantage_point)
        SELECT told.id, %(kind)s, told.reason, checks.id,
               CASE WHEN NOT options ? 'vantage_points' THEN vantage_point END
          FROM unnest(%(ids)s::text[], %(check_ids)s::text[], %(reasons)s::text[])
               AS told (id, check_id, reason)
          JOIN checks ON checks.id = told.check_id
        """,
        {
            "kind": DeadLetterKind.CHECK,
            "ids": [each.id for each in lost],
            "check_ids": [each.check_id for each in lost],
            "reasons": [each.reason for each in lost],
        },
    )


async def insert_unusable_message(
    connection: Connection, letter_id: str, message: UnusableMessage
) -> None:
    """Set a message aside."""
    await connection.execute(
        "INSERT INTO dead_letters (id, kind, reason, subject, payload) VALUES (%s, %s, %s, %s, %s)",
        (letter_id, DeadLetterKind.MESSAGE, message.reason, message.subject, message.payload),
    )


async def list_dead_letters(
    connection: Connection, *, with_replayed: bool, limit: int
) -> list[DeadLetter]:
    """Return what was set aside, oldest first, as a rule without what was replayed."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM dead_letters"  # noqa: S608 - constants of ours
        " WHERE %s OR replayed_at IS NULL ORDER BY created_at, id LIMIT %s",
        (with_replayed, limit),
    )
    return [_letter(row) for row in await cursor.fetchall()]


async def lock_dead_letter(connection: Connection, letter_id: str) -> DeadLetter | None:
    """Return what was set aside under this id, and keep others from changing it."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM dead_letters WHERE id = %s FOR UPDATE",  # noqa: S608 - constants of ours
        (letter_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else _letter(row)


async def mark_replayed(connection: Connection, letter_id: str, replayed_as: str | None) -> None:
    """Note that it was replayed, a check under the id of a new one."""
    await connection.execute(
        "UPDATE dead_letters SET replayed_at = now(), replayed_as = %s WHERE id = %s",
        (replayed_as, letter_id),
    )


async def delete_dead_letter(connection: Connection, letter_id: str) -> bool:
    """Delete what was set aside; tell whether there was such a thing."""
    cursor = await connection.execute("DELETE FROM dead_letters WHERE id = %s", (letter_id,))
    return cursor.rowcount == 1


async def delete_old_messages(connection: Connection, *, kept_s: float, limit: int) -> int:
    """Delete messages set aside so long ago, which may hold what targets said; return how many."""
    cursor = await connection.execute(
        """
        DELETE FROM dead_letters WHERE id IN (
            SELECT id FROM dead_letters
             WHERE kind = %s AND created_at < now() - %s * interval '1 second'
             ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED)
        """,
        (DeadLetterKind.MESSAGE, kept_s, limit),
    )
    return cursor.rowcount


async def find_order(connection: Connection, check_id: str) -> tuple[str, str, CheckSpec] | None:
    """Return whose a check is, the id of the request that asked for it, and what it asks for."""
    cursor = await connection.execute(
        "SELECT account_id, request_id, fqdn, ports, paths, vantage_point, include_content_sample,"
        " content_retention_days, options FROM checks WHERE id = %s",
        (check_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1] or "", spec_in(row[2:9]))


def _letter(row: Sequence[Any]) -> DeadLetter:
    return DeadLetter(
        id=row[0],
        kind=DeadLetterKind(row[1]),
        created_at=row[2],
        reason=row[3],
        check_id=row[4],
        vantage_point=row[5],
        subject=row[6],
        payload=row[7],
        replayed_at=row[8],
        replayed_as=row[9],
    )
