"""Statements about probes: what is due, what was published, which attempts were lost.

Statements that change several probes skip those that another transaction holds, so that no two of
them ever wait for each other; what was skipped is due again soon.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypedDict

from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import CheckSpec, LostAttempt, ProbeJob, ProbePutOff
from services.scheduler.domain.check_state import (
    OPEN_PROBE_STATES,
    ProbeEvent,
    ProbeState,
    state_after,
    states_accepting,
)
from services.scheduler.store.checks import spec_in
from services.scheduler.store.database import Connection

# Of a probe and its check, as probe_spec_in reads them.
SPEC_COLUMNS: Final = (
    "fqdn, ports, paths, probes.vantage_point, include_content_sample, content_retention_days,"
    " options"
)
# Of them, as probe_origin_in reads them: for whom it is carried out, for logs and traces.
ORIGIN_COLUMNS: Final = "probes.account_id, request_id, traceparent"
_DUE: Final = (
    "now(), probes.id, check_id, attempt, deadline_at, state, stream_sequence, created_at,"
    f" postponements, used_up, lost, {SPEC_COLUMNS},"
    f" {ORIGIN_COLUMNS}"
)


def probe_spec_in(columns: Sequence[Any]) -> CheckSpec:
    """Return what a probe is to look at, by the columns fqdn to options."""
    spec = spec_in(columns)
    return spec.at(spec.vantage_point)


class Origin(TypedDict):
    """For whom a probe is carried out, as a job has it."""

    account_id: str
    request_id: str
    traceparent: str | None


def probe_origin_in(columns: Sequence[Any]) -> Origin:
    """Return for whom a probe is carried out, by the columns account_id to traceparent."""
    account_id, request_id, traceparent = columns
    return Origin(account_id=account_id, request_id=request_id or "", traceparent=traceparent)


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
    # Why each of its lost attempts was lost, oldest first.
    lost: tuple[str, ...] = ()


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
        RETURNING {_DUE}
        """,  # noqa: S608 - constants of ours
        {"claim_s": claim_s, "limit": limit},
    )
    rows = await cursor.fetchall()
    return [_due_probe(row) for row in rows], rows[0][0] if rows else None


async def find_open_probes(connection: Connection, probe_ids: Sequence[str]) -> list[DueProbe]:
    """Return those of these probes that have not ended."""
    cursor = await connection.execute(
        f"SELECT {_DUE} FROM probes JOIN checks ON checks.id = check_id"  # noqa: S608 - constants of ours
        " WHERE probes.id = ANY(%s) AND state = ANY(%s) ORDER BY probes.id",
        (list(probe_ids), list(OPEN_PROBE_STATES)),
    )
    return [_due_probe(row) for row in await cursor.fetchall()]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingProbe:
    """An open probe, and where it waits."""

    probe_id: str
    check_id: str
    attempt: int
    vantage_point: str
    stream_sequence: int | None


async def find_unserved(
    connection: Connection, served: Collection[str], *, waited_s: float, limit: int
) -> list[WaitingProbe]:
    """Return open probes of checks that are so old, of all vantage points but those served."""
    cursor = await connection.execute(
        """
        SELECT probes.id, check_id, attempt, probes.vantage_point, stream_sequence
          FROM probes JOIN checks ON checks.id = check_id
         WHERE state IN ('queued', 'published') AND NOT probes.vantage_point = ANY(%s)
           AND created_at < now() - %s * interval '1 second'
         LIMIT %s
        """,
        (sorted(served), waited_s, limit),
    )
    return [_waiting_probe(row) for row in await cursor.fetchall()]


def _waiting_probe(row: Sequence[Any]) -> WaitingProbe:
    return WaitingProbe(
        probe_id=row[0],
        check_id=row[1],
        attempt=row[2],
        vantage_point=row[3],
        stream_sequence=row[4],
    )


async def find_published(
    connection: Connection, vantage_point: str, *, up_to: int, limit: int
) -> list[WaitingProbe]:
    """Return published probes of a vantage point whose jobs are up to that far in the stream."""
    cursor = await connection.execute(
        """
        SELECT id, check_id, attempt, vantage_point, stream_sequence
          FROM probes
         WHERE state = 'published' AND vantage_point = %s AND stream_sequence <= %s
         ORDER BY stream_sequence LIMIT %s
        """,
        (vantage_point, up_to, limit),
    )
    return [_waiting_probe(row) for row in await cursor.fetchall()]


async def count_open(connection: Connection) -> dict[str, int]:
    """Return how many probes have not ended, by vantage point."""
    cursor = await connection.execute(
        "SELECT vantage_point, count(*) FROM probes WHERE state IN ('queued', 'published')"
        " GROUP BY vantage_point"
    )
    return {str(name): int(count) for name, count in await cursor.fetchall()}


async def make_published_due(connection: Connection) -> int:
    """Have every published probe looked at now; return how many."""
    cursor = await connection.execute(
        """
        UPDATE probes SET due_at = now()
         WHERE id IN (SELECT id FROM probes WHERE state = %s AND due_at > now()
                         FOR UPDATE SKIP LOCKED)
        """,
        (ProbeState.PUBLISHED,),
    )
    return cursor.rowcount


def _due_probe(row: Sequence[Any]) -> DueProbe:
    return DueProbe(
        job=ProbeJob(
            probe_id=row[1],
            check_id=row[2],
            attempt=row[3],
            deadline_at=row[4],
            spec=probe_spec_in(row[11:18]),
            **probe_origin_in(row[18:21]),
        ),
        state=ProbeState(row[5]),
        stream_sequence=row[6],
        created_at=row[7],
        postponements=row[8],
        used_up=None if row[9] is None else BudgetKind(row[9]),
        lost=tuple(row[10]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Of which jobs it could not be noted where they are, by row id."""

    # Cancelled before: nobody should take the job.
    unwanted: frozenset[str] = frozenset()
    # Open, and held by another transaction, which may be cancelling it.
    skipped: frozenset[str] = frozenset()


async def mark_published(
    connection: Connection, jobs: Sequence[tuple[str, int, int]], *, lease_s: float
) -> Noted:
    """Note where on the bus jobs are: probe id, attempt and sequence of each.

    Losing this is harmless (the job is published again, and dropped as a copy), so the statement
    does not wait for the disk.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL synchronous_commit = off")
        cursor = await connection.execute(
            """
            WITH job AS (
                SELECT * FROM unnest(%(ids)s::text[], %(attempts)s::integer[],
                                     %(sequences)s::bigint[]) AS job (id, attempt, sequence)
            ), held AS (
                SELECT id, sequence, state FROM probes JOIN job USING (id, attempt)
                 WHERE state = ANY(%(accepting)s) OR state = %(cancelled)s
                   FOR UPDATE OF probes SKIP LOCKED
            ), noted AS (
                UPDATE probes
                   SET state = %(published)s, published_at = now(), stream_sequence = sequence,
                       due_at = least(deadline_at, now() + %(lease_s)s * interval '1 second')
                  FROM held WHERE probes.id = held.id AND held.state <> %(cancelled)s)
            SELECT id, held.id IS NULL
              FROM probes JOIN job USING (id, attempt) LEFT JOIN held USING (id)
             WHERE held.state = %(cancelled)s
                OR (held.id IS NULL AND probes.state = ANY(%(accepting)s))
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
        found = await cursor.fetchall()
    return Noted(
        unwanted=frozenset(probe_id for probe_id, is_skipped in found if not is_skipped),
        skipped=frozenset(probe_id for probe_id, is_skipped in found if is_skipped),
    )


async def attempts_of(connection: Connection, check_ids: Sequence[str]) -> dict[str, int]:
    """Return the attempt that is current, or was the last, by check."""
    cursor = await connection.execute(
        "SELECT check_id, max(attempt) FROM probes WHERE check_id = ANY(%s) GROUP BY check_id",
        (list(check_ids),),
    )
    return dict(await cursor.fetchall())


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
    connection: Connection, attempts: Sequence[LostAttempt], *, grace_s: float
) -> set[str]:
    """Count attempts as lost and queue the next; return the ids it was done to."""
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id, reason
              FROM unnest(%(ids)s::text[], %(attempts)s::integer[], %(reasons)s::text[])
                   AS told (probe_id, lost_attempt, reason)
              JOIN probes ON probes.id = probe_id AND attempt = lost_attempt
             WHERE state = ANY(%(accepting)s)
               FOR UPDATE OF probes SKIP LOCKED)
        UPDATE probes
           SET state = %(queued)s, attempt = attempt + 1, published_at = NULL,
               stream_sequence = NULL, used_up = NULL, lost = lost || held.reason,
               due_at = now() + %(grace_s)s * interval '1 second'
          FROM held WHERE probes.id = held.id
        RETURNING probes.id
        """,
        {
            "ids": [each.probe_id for each in attempts],
            "attempts": [each.attempt for each in attempts],
            "reasons": [each.reason for each in attempts],
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
