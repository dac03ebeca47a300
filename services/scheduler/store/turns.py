"""Statements about whose turn it is: which waiting probes are handed out next.

Law: nothing is handed out beyond the places of a vantage point, and of what waits always the probe
of the account that has the fewest handed out. An account has at most EAGERNESS times as many as
are left free beside it, so that one which comes new finds a place at once: a single busy account
leaves one place in seventeen free.
Source: Choudhury and Hahne, Dynamic queue length thresholds (IEEE/ACM ToN 6, 1998).
"""

from collections.abc import Sequence
from typing import Any, Final

from services.scheduler.domain.check import ProbeJob
from services.scheduler.domain.check_state import ProbeEvent, state_after
from services.scheduler.store.database import Connection
from services.scheduler.store.probes import (
    ORIGIN_COLUMNS,
    SPEC_COLUMNS,
    probe_origin_in,
    probe_spec_in,
)

EAGERNESS: Final = 16

# Taken in a statement of its own, ahead: a statement sees what was committed before it began.
_LOCK: Final = """
    SELECT pg_advisory_xact_lock(hashtextextended('turns of ' || %(vantage_point)s, 0)),
           set_config('synchronous_commit', 'off', true)
"""

# Of many accounts together so many times as many candidates are read as there is room for.
_OVERSUPPLY: Final = 10

# At its deadline a probe is left to the sweep, which tells what it has waited for.
# Each account's next probes are read in the order of probes_waiting, no more of them than there is
# room for, so the cost does not depend on how many wait. Equals take turns by lot.
TURNS: Final = f"""
    WITH RECURSIVE waiting AS (
        (SELECT account_id FROM probes
          WHERE vantage_point = %(vantage_point)s AND state = 'queued'
          ORDER BY account_id LIMIT 1)
        UNION ALL
        SELECT (SELECT account_id FROM probes
                 WHERE vantage_point = %(vantage_point)s AND state = 'queued'
                   AND account_id > waiting.account_id
                 ORDER BY account_id LIMIT 1)
          FROM waiting WHERE account_id IS NOT NULL
    ), account AS (
        SELECT account_id,
               (SELECT count(*) FROM probes
                 WHERE vantage_point = %(vantage_point)s AND state = 'published'
                   AND probes.account_id = waiting.account_id) AS has
          FROM waiting WHERE account_id IS NOT NULL
    ), room AS (
        SELECT %(places)s - (
                   SELECT count(*) FROM probes
                    WHERE vantage_point = %(vantage_point)s AND state = 'published') AS free,
               (SELECT count(*) FROM account) AS accounts
    ), candidate AS (
        SELECT probe.id,
               has + row_number() OVER (PARTITION BY account_id ORDER BY ready_at, id) AS place
          FROM room, account CROSS JOIN LATERAL (
               SELECT id, ready_at FROM probes
                WHERE vantage_point = %(vantage_point)s AND state = 'queued'
                  AND probes.account_id = account.account_id AND ready_at <= now()
                  AND deadline_at > now()
                ORDER BY ready_at, id
                LIMIT greatest(0, least(
                      free, %(most)s, ceil({_OVERSUPPLY} * free::float8 / accounts)))
               ) AS probe
    ), turn AS (
        SELECT id, place, row_number() OVER (ORDER BY place, random()) AS number FROM candidate
    ), chosen AS (
        SELECT array_agg(id ORDER BY number) AS ids
          FROM turn, room
         WHERE number <= %(most)s AND place <= {EAGERNESS} * (free - number + 1)
    ), held AS (
        SELECT probes.id FROM chosen, probes
         WHERE probes.id = ANY(chosen.ids) AND state = 'queued'
           FOR UPDATE OF probes SKIP LOCKED
    )
    UPDATE probes
       SET state = %(published)s,
           due_at = least(deadline_at, now() + %(grace_s)s * interval '1 second')
      FROM held, checks, chosen
     WHERE probes.id = held.id AND checks.id = probes.check_id
    RETURNING array_position(chosen.ids, probes.id), probes.id, check_id, attempt, deadline_at,
              {SPEC_COLUMNS}, {ORIGIN_COLUMNS}
"""  # noqa: S608 - constants of ours


async def vantage_points_waiting(connection: Connection) -> list[str]:
    """Return the vantage points where a probe is queued."""
    cursor = await connection.execute(
        """
        WITH RECURSIVE waiting AS (
            (SELECT vantage_point FROM probes WHERE state = 'queued'
              ORDER BY vantage_point LIMIT 1)
            UNION ALL
            SELECT (SELECT vantage_point FROM probes
                     WHERE state = 'queued' AND vantage_point > waiting.vantage_point
                     ORDER BY vantage_point LIMIT 1)
              FROM waiting WHERE vantage_point IS NOT NULL
        )
        SELECT vantage_point FROM waiting WHERE vantage_point IS NOT NULL
        """
    )
    return [name for (name,) in await cursor.fetchall()]


async def count_waiting(connection: Connection) -> dict[str, int]:
    """Return how many probes are queued, by vantage point."""
    cursor = await connection.execute(
        "SELECT vantage_point, count(*) FROM probes WHERE state = 'queued' GROUP BY vantage_point"
    )
    return dict(await cursor.fetchall())


async def oldest_jobs_s(connection: Connection) -> dict[str, float]:
    """Return for how many seconds the oldest open probe could have been made, by vantage point."""
    cursor = await connection.execute(
        """
        SELECT vantage_point, extract(epoch FROM now() - min(ready_at))::float8
          FROM (SELECT vantage_point, ready_at FROM probes
                 WHERE state = 'queued' AND ready_at <= now()
                UNION ALL
                SELECT vantage_point, ready_at FROM probes WHERE state = 'published') AS open
         GROUP BY vantage_point
        """
    )
    return dict(await cursor.fetchall())


async def take_turns(
    connection: Connection, vantage_point: str, *, places: int, most: int, grace_s: float
) -> list[ProbeJob]:
    """Count at most so many waiting probes as handed out; return their jobs, in their order.

    Whoever is told them publishes them; what is not noted as published after grace_s seconds is
    left to the sweep. One scheduler at a time does this for a vantage point. Losing it is harmless,
    so it does not wait for the disk.
    """
    parameters = {
        "vantage_point": vantage_point,
        "places": places,
        "most": most,
        "grace_s": grace_s,
        "published": state_after(ProbeEvent.JOB_PUBLISHED),
    }
    async with connection.pipeline(), connection.transaction():
        await connection.execute(_LOCK, parameters)
        cursor = await connection.execute(TURNS, parameters)
    return [_job(row) for row in sorted(await cursor.fetchall(), key=lambda row: row[0])]


def _job(row: Sequence[Any]) -> ProbeJob:
    return ProbeJob(
        probe_id=row[1],
        check_id=row[2],
        attempt=row[3],
        deadline_at=row[4],
        spec=probe_spec_in(row[5:12]),
        **probe_origin_in(row[12:15]),
    )
