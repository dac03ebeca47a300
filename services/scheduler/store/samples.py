"""Statements about content samples: kept until they expire, then really deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scheduler.domain.check import StoredSample
from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSample:
    """A sample about to be kept."""

    check_id: str
    probe_id: str
    path: str
    sample: bytes
    retention_days: int


async def insert_samples(connection: Connection, samples: Sequence[NewSample]) -> None:
    """Keep samples, each for its days from now."""
    await connection.execute(
        """
        INSERT INTO content_samples (check_id, probe_id, path, sample, expires_at)
        SELECT check_id, probe_id, path, sample, now() + days * interval '1 day'
          FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[], %s::integer[])
               AS new (check_id, probe_id, path, sample, days)
            ON CONFLICT DO NOTHING
        """,
        (
            [each.check_id for each in samples],
            [each.probe_id for each in samples],
            [each.path for each in samples],
            [each.sample for each in samples],
            [each.retention_days for each in samples],
        ),
    )


async def find_samples(connection: Connection, check_id: str) -> tuple[StoredSample, ...]:
    """Return the samples of a check that have not expired."""
    cursor = await connection.execute(
        "SELECT path, sample, expires_at FROM content_samples"
        " WHERE check_id = %s AND expires_at > now() ORDER BY probe_id, path",
        (check_id,),
    )
    return tuple(
        StoredSample(path=path, sample=sample, expires_at=expires_at)
        for path, sample, expires_at in await cursor.fetchall()
    )


async def delete_expired_samples(connection: Connection, *, limit: int) -> int:
    """Delete at most limit samples whose time is over; return how many."""
    cursor = await connection.execute(
        """
        DELETE FROM content_samples WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM content_samples WHERE expires_at <= now()
             ORDER BY expires_at LIMIT %s FOR UPDATE SKIP LOCKED))
        """,
        (limit,),
    )
    return cursor.rowcount
