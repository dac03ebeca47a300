"""Statements that end probes and checks; run in this order inside one transaction.

The check rows are locked first and in order of id, so that of two transactions that end the last
two probes of one check the second sees what the first did, and no two wait for each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from outscope.failures import FailureReason
from services.scheduler.domain.check import CheckStatus, Failure, ProbeEnd
from services.scheduler.domain.check_state import (
    ProbeEvent,
    ProbeState,
    state_after,
    states_accepting,
)
from services.scheduler.store.checks import failure_in
from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCheck:
    """What ending a probe must know of its check."""

    account_id: str
    include_content_sample: bool
    content_retention_days: int
    # Those it is made from.
    vantage_points: tuple[str, ...] = ()
    fqdn: str = ""
    created_at: datetime | None = None
    # Of the request that asked for it, and its trace as W3C traceparent; empty when there is none.
    request_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelledProbe:
    """A probe that will not be carried out, and where on the bus its job is, if that is known."""

    probe_id: str
    attempt: int
    stream_sequence: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEnd:
    """How a check ends."""

    check_id: str
    status: CheckStatus
    failure: Failure | None


async def lock_pending_checks(
    connection: Connection, check_ids: Sequence[str]
) -> dict[str, LockedCheck]:
    """Lock those of these checks that are pending."""
    cursor = await connection.execute(
        "SELECT id, account_id, include_content_sample, content_retention_days, created_at, fqdn,"
        " vantage_point, options -> 'vantage_points', request_id, traceparent FROM checks"
        " WHERE id = ANY(%s) AND status = %s ORDER BY id FOR UPDATE",
        (sorted(check_ids), CheckStatus.PENDING),
    )
    return {
        row[0]: LockedCheck(
            account_id=row[1],
            include_content_sample=row[2],
            content_retention_days=row[3],
            created_at=row[4],
            fqdn=row[5],
            vantage_points=_vantage_points_in(row[6:8]),
            request_id=row[8] or "",
            traceparent=row[9] or "",
        )
        for row in await cursor.fetchall()
    }


async def lock_check(
    connection: Connection, check_id: str, *, account_id: str
) -> tuple[CheckStatus, LockedCheck] | None:
    """Lock a check of this account; return how far it is, or None when there is none such."""
    cursor = await connection.execute(
        "SELECT status, include_content_sample, content_retention_days, fqdn,"
        " vantage_point, options -> 'vantage_points' FROM checks"
        " WHERE id = %s AND account_id = %s FOR UPDATE",
        (check_id, account_id),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    locked = LockedCheck(
        account_id=account_id,
        include_content_sample=row[1],
        content_retention_days=row[2],
        fqdn=row[3],
        vantage_points=_vantage_points_in(row[4:6]),
    )
    return CheckStatus(row[0]), locked


def _vantage_points_in(columns: Sequence[Any]) -> tuple[str, ...]:
    one, several = columns
    return tuple(several) if several else (one,)


async def cancel_probes(connection: Connection, check_id: str) -> list[CancelledProbe]:
    """End the open probes of a check; return them."""
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id FROM probes WHERE check_id = %s AND state = ANY(%s)
             ORDER BY id FOR UPDATE)
        UPDATE probes SET state = %s, ended_at = now()
          FROM held WHERE probes.id = held.id
        RETURNING probes.id, attempt, stream_sequence
        """,
        (
            check_id,
            list(states_accepting(ProbeEvent.CANCELLED)),
            state_after(ProbeEvent.CANCELLED),
        ),
    )
    return [
        CancelledProbe(probe_id=probe_id, attempt=attempt, stream_sequence=sequence)
        for probe_id, attempt, sequence in await cursor.fetchall()
    ]


async def end_probes(
    connection: Connection, ends: Sequence[ProbeEnd], *, event: ProbeEvent
) -> set[str]:
    """End probes by one kind of event; return the ids of those that had not ended.

    The fence: an end of another attempt, of an ended probe, or a result seen from elsewhere changes
    nothing.
    """
    if not ends:
        return set()
    failures = [end.failure for end in ends]
    cursor = await connection.execute(
        """
        UPDATE probes
           SET state = %(state)s, ended_at = now(), result = told.result,
               failure_reason = told.reason, failure_owner = told.owner,
               failure_message = told.message
          FROM unnest(
               %(ids)s::text[], %(check_ids)s::text[], %(attempts)s::integer[],
               %(results)s::bytea[], %(reasons)s::text[], %(owners)s::text[], %(messages)s::text[],
               %(seen_from)s::text[]
               ) AS told (probe_id, check_id, attempt, result, reason, owner, message, seen_from)
         WHERE probes.id = told.probe_id AND probes.check_id = told.check_id
           AND probes.attempt = told.attempt AND state = ANY(%(accepting)s)
           AND told.seen_from IN ('', probes.vantage_point)
        RETURNING probes.id
        """,
        {
            "ids": [end.probe_id for end in ends],
            "seen_from": [end.vantage_point for end in ends],
            "check_ids": [end.check_id for end in ends],
            "attempts": [end.attempt for end in ends],
            "results": [end.result for end in ends],
            "reasons": [failure.reason if failure else None for failure in failures],
            "owners": [failure.owner if failure else None for failure in failures],
            "messages": [failure.message if failure else None for failure in failures],
            "state": state_after(event),
            "accepting": list(states_accepting(event)),
        },
    )
    return {probe_id for (probe_id,) in await cursor.fetchall()}


async def probe_states(
    connection: Connection, check_ids: Sequence[str]
) -> dict[str, list[tuple[ProbeState, Failure | None]]]:
    """Return state and failure of every probe of these checks, by check."""
    cursor = await connection.execute(
        "SELECT check_id, state, failure_reason, failure_owner, failure_message FROM probes"
        " WHERE check_id = ANY(%s) ORDER BY id",
        (list(check_ids),),
    )
    states: dict[str, list[tuple[ProbeState, Failure | None]]] = {}
    for check_id, state, *failure in await cursor.fetchall():
        states.setdefault(check_id, []).append((ProbeState(state), failure_in(failure)))
    return states


async def note_lost(connection: Connection, ends: Sequence[ProbeEnd]) -> None:
    """Note beside probes that have ended why each of their attempts was lost."""
    for end in ends:
        await connection.execute(
            "UPDATE probes SET lost = %s WHERE id = %s", (list(end.lost), end.probe_id)
        )


async def lost_among(
    connection: Connection, check_ids: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """Return why the attempts of one probe were lost, by check: of those whose every one was."""
    cursor = await connection.execute(
        "SELECT DISTINCT ON (check_id) check_id, lost FROM probes"
        " WHERE check_id = ANY(%s) AND failure_reason = %s ORDER BY check_id, id",
        (list(check_ids), FailureReason.ATTEMPTS_EXHAUSTED),
    )
    return {check_id: tuple(lost) for check_id, lost in await cursor.fetchall()}


async def end_checks(connection: Connection, ends: Sequence[CheckEnd]) -> None:
    """End pending checks that this transaction has locked."""
    failures = [end.failure for end in ends]
    await connection.execute(
        """
        UPDATE checks
           SET status = told.status, ended_at = now(), failure_reason = told.reason,
               failure_owner = told.owner, failure_message = told.message
          FROM unnest(%(ids)s::text[], %(statuses)s::text[], %(reasons)s::text[],
                      %(owners)s::text[], %(messages)s::text[])
               AS told (id, status, reason, owner, message)
         WHERE checks.id = told.id
        """,
        {
            "ids": [end.check_id for end in ends],
            "statuses": [end.status for end in ends],
            "reasons": [failure.reason if failure else None for failure in failures],
            "owners": [failure.owner if failure else None for failure in failures],
            "messages": [failure.message if failure else None for failure in failures],
        },
    )


async def ended_among(connection: Connection, check_ids: Sequence[str]) -> set[str]:
    """Return which of these checks have ended."""
    cursor = await connection.execute(
        "SELECT id FROM checks WHERE id = ANY(%s) AND status <> %s",
        (list(check_ids), CheckStatus.PENDING),
    )
    return {check_id for (check_id,) in await cursor.fetchall()}


async def cancelled_among(connection: Connection, check_ids: Sequence[str]) -> set[str]:
    """Return which of these checks were cancelled."""
    cursor = await connection.execute(
        "SELECT id FROM checks WHERE id = ANY(%s) AND status = %s",
        (list(check_ids), CheckStatus.CANCELLED),
    )
    return {check_id for (check_id,) in await cursor.fetchall()}


async def transaction_time(connection: Connection) -> datetime:
    """Return when this transaction began."""
    cursor = await connection.execute("SELECT now()")
    ((now,),) = await cursor.fetchall()
    return now  # type: ignore[no-any-return]  # rows carry no types
