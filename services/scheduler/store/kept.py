"""Statements about facts kept to judge again: until they expire, then really deleted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.scheduler.domain.check_state import ProbeState
from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKept:
    """The facts of one probe, as the prober wrote them down."""

    check_id: str
    probe_id: str
    kept: bytes
    retention_days: int


async def insert_kept(connection: Connection, kept: Sequence[NewKept]) -> None:
    """Keep facts, each for its days from now."""
    await connection.execute(
        """
        INSERT INTO kept_facts (check_id, probe_id, kept, expires_at)
        SELECT check_id, probe_id, kept, now() + days * interval '1 day'
          FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::integer[])
               AS new (check_id, probe_id, kept, days)
            ON CONFLICT DO NOTHING
        """,
        (
            [each.check_id for each in kept],
            [each.probe_id for each in kept],
            [each.kept for each in kept],
            [each.retention_days for each in kept],
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The result of a completed probe, and what it was reached from."""

    probe_id: str
    vantage_point: str
    result: bytes
    # None when nothing is kept (any more).
    kept: bytes | None


async def find_judged(connection: Connection, check_id: str) -> list[Judged]:
    """Return the results of a check with their facts, one for each vantage point that has one."""
    cursor = await connection.execute(
        "SELECT id, vantage_point, result, (SELECT kept FROM kept_facts"
        " WHERE check_id = probes.check_id AND probe_id = probes.id AND expires_at > now())"
        " FROM probes WHERE check_id = %s AND state = %s ORDER BY id",
        (check_id, ProbeState.COMPLETED),
    )
    return [
        Judged(probe_id=row[0], vantage_point=row[1], result=row[2], kept=row[3])
        for row in await cursor.fetchall()
    ]


async def replace_result(connection: Connection, judged: Judged, result: bytes) -> datetime | None:
    """Store a result in the place of the one that was judged; return when.

    The check is locked first, as by its deletion. None when the result is no longer that one: of
    two who judge at once the second changes nothing.
    """
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT checks.id FROM probes JOIN checks ON checks.id = check_id
             WHERE probes.id = %(id)s FOR UPDATE OF checks
        ), replaced AS (
            UPDATE probes SET result = %(result)s FROM held
             WHERE probes.id = %(id)s AND check_id = held.id AND state = %(completed)s
               AND result = %(judged)s
            RETURNING check_id)
        UPDATE checks SET rejudged_at = now() FROM replaced WHERE checks.id = replaced.check_id
        RETURNING rejudged_at
        """,
        {
            "result": result,
            "id": judged.probe_id,
            "completed": ProbeState.COMPLETED,
            "judged": judged.result,
        },
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def delete_expired_kept(connection: Connection, *, limit: int) -> int:
    """Delete the facts of at most limit probes whose time is over; return how many."""
    cursor = await connection.execute(
        """
        DELETE FROM kept_facts WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM kept_facts WHERE expires_at <= now()
             ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED))
        """,
        (limit,),
    )
    return cursor.rowcount
