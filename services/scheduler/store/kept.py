"""Statements about facts kept to judge again: until they expire, then really deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

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


async def find_kept(connection: Connection, check_id: str) -> bytes | None:
    """Return the facts kept of a check that have not expired."""
    cursor = await connection.execute(
        "SELECT kept FROM kept_facts WHERE check_id = %s AND expires_at > now()"
        " ORDER BY probe_id LIMIT 1",
        (check_id,),
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
