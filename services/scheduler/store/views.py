"""Statements about what came of a check at each of several vantage points."""

from collections.abc import Sequence

from services.scheduler.domain.check import StoredSample, View
from services.scheduler.domain.check_state import ProbeState, status_given
from services.scheduler.store.checks import failure_in
from services.scheduler.store.database import Connection


async def find_views(
    connection: Connection, check_id: str, vantage_points: Sequence[str]
) -> tuple[View, ...]:
    """Return what there is of each vantage point, in this order, with what is kept of its answers.

    A row changes while this reads: what it saw last is told.
    """
    cursor = await connection.execute(
        "SELECT id, vantage_point, state, result, ended_at, failure_reason, failure_owner,"
        " failure_message FROM probes WHERE check_id = %s",
        (check_id,),
    )
    rows = {row[1]: row for row in await cursor.fetchall()}
    samples = await _find_samples(connection, check_id)
    return tuple(
        View(
            probe_id=row[0],
            vantage_point=name,
            status=status_given([ProbeState(row[2])]),
            result=row[3],
            ended_at=row[4],
            failure=failure_in(row[5:8]),
            samples=tuple(samples.get(row[0], ())),
        )
        for name in vantage_points
        if (row := rows.get(name)) is not None
    )


async def _find_samples(connection: Connection, check_id: str) -> dict[str, list[StoredSample]]:
    """Return the samples of a check that have not expired, by probe."""
    cursor = await connection.execute(
        "SELECT probe_id, path, sample, expires_at FROM content_samples"
        " WHERE check_id = %s AND expires_at > now() ORDER BY probe_id, path",
        (check_id,),
    )
    samples: dict[str, list[StoredSample]] = {}
    for probe_id, path, sample, expires_at in await cursor.fetchall():
        samples.setdefault(probe_id, []).append(
            StoredSample(path=path, sample=sample, expires_at=expires_at)
        )
    return samples
