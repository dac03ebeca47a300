"""Statements about probes: what is due, what was published, which attempts were lost.

Statements that change several probes skip those that another transaction holds, so that no two of
them ever wait for each other; what was skipped is due again soon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import ProbeJob, ProbePutOff
from services.scheduler.domain.check_state import (
    OPEN_PROBE_STATES,
    ProbeEvent,
    ProbeState,
    state_after,
    states_accepting,
)
from services.scheduler.store.checks import spec_in
from services.scheduler.store.database import Connection

SPEC_COLUMNS: Final = (
    "fqdn, ports, paths, checks.vantage_point, include_content_sample, content_retention_days,"
    " options"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueProbe:
    """An open probe that somebody must look at now."""

    job: ProbeJob
    state: ProbeState
    created_at: datetime
    stream_sequence: int | None
    # How many of its attempts were put off.
    postponements: int = 0
    # The budget it waits for while it is queued.
    used_up: BudgetKind | None = None


async def claim_due_probes(
    connection: Connection, *, limit: int, claim_s: float
) -> tuple[list[DueProbe], datetime | None]:
    """Return due probes and the time; nobody else is given them for claim_s seconds."""
    cursor = await connection.execute(
        f"""
        UPDATE probes SET due_at = now() + %(claim_s)s * interval '1 second'
          FROM checks
         WHERE checks.id = probes.check_id AND probes.id IN (
               SELECT id FROM probes WHERE due_at <= now() AND state IN ('queued', 'published')
                ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        RETURNING now(), probes.id, check_id, attempt, deadline_at, state, stream_sequence,
                  created_at, postponements, used_up, {SPEC_COLUMNS}
        """,  # noqa: S608 - constants of ours
        {"claim_s": claim_s, "limit": limit},
    )
    rows = await cursor.fetchall()
    due = [
        DueProbe(
            job=ProbeJob(
                probe_id=row[1],
                check_id=row[2],
                attempt=row[3],
                deadline_at=row[4],
                spec=spec_in(row[10:17]),
            ),
            state=ProbeState(row[5]),
            stream_sequence=row[6],
            created_at=row[7],
            postponements=row[8],
            used_up=None if row[9] is None else BudgetKind(row[9]),
        )
        for row in rows
    ]
    return due, rows[0][0] if rows else None


async def mark_published(
    connection: Connection, jobs: Sequence[tuple[str, int, int]], *, lease_s: float
) -> set[str]:
    """Note where on the bus jobs are: probe id, attempt and sequence of each.

    Returns the ids of probes that were cancelled before: nobody should take their jobs.
    Losing this is harmless (the job is published again, and dropped as a copy), so the statement
    does not wait for the disk.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        cursor = await connection.execute(
            """
            WITH held AS (
                SELECT id, sequence, state
                  FROM unnest(%(ids)s::text[], %(attempts)s::integer[], %(sequences)s::bigint[])
                       AS job (probe_id, job_attempt, sequence)
                  JOIN probes ON probes.id = probe_id AND attempt = job_attempt
                 WHERE state = ANY(%(accepting)s) OR state = %(cancelled)s
                   FOR UPDATE OF probes SKIP LOCKED
            ), noted AS (
                UPDATE probes
                   SET state = %(published)s, published_at = now(), stream_sequence = sequence,
                       due_at = least(deadline_at, now() + %(lease_s)s * interval '1 second')
                  FROM held WHERE probes.id = held.id AND held.state <> %(cancelled)s)
            SELECT id FROM held WHERE state = %(cancelled)s
            """,
            {
                "ids": [probe_id for probe_id, _, _ in jobs],
                "attempts": [attempt for _, attempt, _ in jobs],
                "sequences": [sequence for _, _, sequence in jobs],
                "published": state_after(ProbeEvent.JOB_PUBLISHED),
                "cancelled": ProbeState.CANCELLED,
                "accepting": list(states_accepting(ProbeEvent.JOB_PUBLISHED)),
                "lease_s": lease_s,
            },
        )
        return {probe_id for (probe_id,) in await cursor.fetchall()}


async def extend_leases(connection: Connection, probe_ids: Sequence[str], lease_s: float) -> None:
    """Leave published probes alone for another lease, but not beyond their deadline."""
    await connection.execute(
        """
        UPDATE probes SET due_at = least(deadline_at, now() + %(lease_s)s * interval '1 second')
         WHERE id IN (SELECT id FROM probes WHERE id = ANY(%(ids)s) AND state = ANY(%(open)s)
                         FOR UPDATE SKIP LOCKED)
        """,
        {"ids": list(probe_ids), "lease_s": lease_s, "open": list(OPEN_PROBE_STATES)},
    )


async def start_next_attempts(
    connection: Connection, lost: Sequence[tuple[str, int]], *, grace_s: float
) -> set[str]:
    """Count lost attempts (probe id, attempt) and queue the next; return the ids it was done to."""
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id FROM unnest(%(ids)s::text[], %(attempts)s::integer[])
                   AS lost (probe_id, lost_attempt)
              JOIN probes ON probes.id = probe_id AND attempt = lost_attempt
             WHERE state = ANY(%(accepting)s)
               FOR UPDATE OF probes SKIP LOCKED)
        UPDATE probes
           SET state = %(queued)s, attempt = attempt + 1, published_at = NULL,
               stream_sequence = NULL, used_up = NULL,
               due_at = now() + %(grace_s)s * interval '1 second'
          FROM held WHERE probes.id = held.id
        RETURNING probes.id
        """,
        {
            "ids": [probe_id for probe_id, _ in lost],
            "attempts": [attempt for _, attempt in lost],
            "queued": state_after(ProbeEvent.ATTEMPT_LOST),
            "accepting": list(states_accepting(ProbeEvent.ATTEMPT_LOST)),
            "grace_s": grace_s,
        },
    )
    return {probe_id for (probe_id,) in await cursor.fetchall()}


async def put_off_probes(
    connection: Connection, told: Sequence[ProbePutOff], *, margin_s: float
) -> set[str]:
    """Queue probes for later, under their next attempt; return the ids it was done to.

    One that could be handed out only margin_s before its deadline waits for that instead. Rows
    are waited for here: a report that is passed over would leave an attempt that counts as lost.
    """
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id, told.used_up, now() + wait_s * interval '1 second' AS not_before
              FROM unnest(%(ids)s::text[], %(attempts)s::integer[], %(waits)s::float8[],
                          %(used_up)s::text[]) AS told (probe_id, told_attempt, wait_s, used_up)
              JOIN probes ON probes.id = probe_id AND attempt = told_attempt
             WHERE state = ANY(%(accepting)s)
             ORDER BY id FOR UPDATE OF probes)
        UPDATE probes
           SET state = %(queued)s, attempt = attempt + 1, postponements = postponements + 1,
               published_at = NULL, stream_sequence = NULL, used_up = held.used_up,
               due_at = deadline_at,
               ready_at = CASE WHEN not_before < deadline_at - %(margin_s)s * interval '1 second'
                               THEN not_before ELSE deadline_at END
          FROM held WHERE probes.id = held.id
        RETURNING probes.id
        """,
        {
            "ids": [each.probe_id for each in told],
            "attempts": [each.attempt for each in told],
            "waits": [each.wait_s for each in told],
            "used_up": [each.used_up for each in told],
            "queued": state_after(ProbeEvent.PUT_OFF),
            "accepting": list(states_accepting(ProbeEvent.PUT_OFF)),
            "margin_s": margin_s,
        },
    )
    return {probe_id for (probe_id,) in await cursor.fetchall()}
