"""Statements about webhook deliveries: what is due, what was published, how attempts went.

As with probes, statements that change several rows skip those that another transaction holds;
recording attempts is the exception: it locks the rows, in order of id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from services.scheduler.domain.delivery import (
    OPEN_DELIVERY_STATES,
    RECORDABLE_STATES,
    Attempt,
    DeliveryEvent,
    DeliveryJob,
    DeliveryState,
    DueDelivery,
    LockedDelivery,
    NewDelivery,
    Sequel,
    delivery_state_after,
    delivery_states_accepting,
)
from services.scheduler.domain.subscription import WEBHOOK_TEST
from services.scheduler.domain.webhook import Payload
from services.scheduler.store.database import Connection

# The trace of the check that a delivery tells of; none of an event that is of no check.
TRACE: Final = "(SELECT traceparent FROM checks WHERE checks.id = delivery.check_id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedDelivery:
    """A delivery that was handed out, and not told of in time."""

    job: DeliveryJob
    # None: nobody noted that its job was published.
    stream_sequence: int | None


async def insert_deliveries(
    connection: Connection, deliveries: Sequence[NewDelivery], *, grace_s: float
) -> None:
    """Store deliveries of events that happen now; each event and webhook has at most one."""
    await connection.execute(
        """
        INSERT INTO webhook_deliveries (
            id, webhook_id, check_id, event_type, message_id, event_at, state, attempt, due_at,
            sequence_number, detail, schedule_from)
        SELECT id, webhook_id, check_id, event_type, message_id, now(), state, 1,
               now() + %(grace_s)s * interval '1 second', sequence_number, detail::jsonb,
               schedule_from
          FROM unnest(%(ids)s::text[], %(webhook_ids)s::text[], %(check_ids)s::text[],
                      %(types)s::text[], %(message_ids)s::text[], %(states)s::text[],
                      %(sequences)s::bigint[], %(details)s::text[], %(schedules_from)s::smallint[])
               AS new (id, webhook_id, check_id, event_type, message_id, state,
                       sequence_number, detail, schedule_from)
            ON CONFLICT DO NOTHING
        """,
        {
            "ids": [each.id for each in deliveries],
            "webhook_ids": [each.webhook_id for each in deliveries],
            "check_ids": [each.check_id for each in deliveries],
            "types": [each.event_type for each in deliveries],
            "message_ids": [each.message_id for each in deliveries],
            "states": [each.state for each in deliveries],
            "sequences": [each.sequence for each in deliveries],
            "details": [each.detail for each in deliveries],
            "schedules_from": [each.schedule_from for each in deliveries],
            "grace_s": grace_s,
        },
    )


async def claim_due_deliveries(
    connection: Connection, *, limit: int, claim_s: float
) -> list[ClaimedDelivery]:
    """Return what was handed out and is due a look; nobody else is given it for claim_s seconds."""
    cursor = await connection.execute(
        f"""
        UPDATE webhook_deliveries AS delivery SET due_at = now() + %s * interval '1 second'
         WHERE id IN (SELECT id FROM webhook_deliveries
                       WHERE due_at <= now() AND state = 'published'
                       ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
        RETURNING delivery.id, attempt, replays, stream_sequence, {TRACE}
        """,  # noqa: S608 - constants of ours
        (claim_s, limit),
    )
    return [
        ClaimedDelivery(
            job=DeliveryJob(
                delivery_id=delivery_id, attempt=attempt, replays=replays, traceparent=traceparent
            ),
            stream_sequence=sequence,
        )
        for delivery_id, attempt, replays, sequence, traceparent in await cursor.fetchall()
    ]


async def mark_deliveries_published(
    connection: Connection, jobs: Sequence[tuple[str, int, int]], *, lease_s: float
) -> None:
    """Note where on the bus jobs are: delivery id, attempt and sequence of each."""
    await connection.execute(
        """
        WITH held AS (
            SELECT id, sequence
              FROM unnest(%(ids)s::text[], %(attempts)s::integer[], %(sequences)s::bigint[])
                   AS job (delivery_id, job_attempt, sequence)
              JOIN webhook_deliveries AS delivery
                ON delivery.id = delivery_id AND attempt = job_attempt
             WHERE state = ANY(%(accepting)s)
               FOR UPDATE OF delivery SKIP LOCKED)
        UPDATE webhook_deliveries AS delivery
           SET state = %(published)s, published_at = now(), stream_sequence = sequence,
               due_at = now() + %(lease_s)s * interval '1 second'
          FROM held WHERE delivery.id = held.id
        """,
        {
            "ids": [delivery_id for delivery_id, _, _ in jobs],
            "attempts": [attempt for _, attempt, _ in jobs],
            "sequences": [sequence for _, _, sequence in jobs],
            "published": delivery_state_after(DeliveryEvent.JOB_PUBLISHED),
            "accepting": list(delivery_states_accepting(DeliveryEvent.JOB_PUBLISHED)),
            "lease_s": lease_s,
        },
    )


async def extend_delivery_leases(
    connection: Connection, delivery_ids: Sequence[str], lease_s: float
) -> None:
    """Leave published deliveries alone for another lease."""
    await connection.execute(
        """
        UPDATE webhook_deliveries SET due_at = now() + %s * interval '1 second'
         WHERE id IN (SELECT id FROM webhook_deliveries WHERE id = ANY(%s) AND state = ANY(%s)
                         FOR UPDATE SKIP LOCKED)
        """,
        (lease_s, list(delivery_ids), list(OPEN_DELIVERY_STATES)),
    )


async def lock_recordable(
    connection: Connection, delivery_ids: Collection[str]
) -> dict[str, LockedDelivery]:
    """Lock those of these deliveries whose current attempt may be recorded."""
    cursor = await connection.execute(
        "SELECT id, attempt, webhook_id, state, schedule_from, event_type, event_at"
        " FROM webhook_deliveries"
        " WHERE id = ANY(%s) AND state = ANY(%s) ORDER BY id FOR UPDATE",
        (sorted(delivery_ids), list(RECORDABLE_STATES)),
    )
    return {
        row[0]: LockedDelivery(
            attempt=row[1],
            webhook_id=row[2],
            state=DeliveryState(row[3]),
            schedule_from=row[4],
            event_type=row[5],
            event_at=row[6],
        )
        for row in await cursor.fetchall()
    }


async def insert_attempts(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Record attempts, each once."""
    await connection.execute(
        """
        INSERT INTO delivery_attempts (
            delivery_id, attempt, attempted_at, duration_ms, status_code, error, answer)
        SELECT * FROM unnest(%s::text[], %s::smallint[], %s::timestamptz[], %s::integer[],
                             %s::integer[], %s::text[], %s::text[])
            ON CONFLICT DO NOTHING
        """,
        (
            [each.delivery_id for each in attempts],
            [each.attempt for each in attempts],
            [each.attempted_at for each in attempts],
            [each.duration_ms for each in attempts],
            [each.status_code for each in attempts],
            [each.error for each in attempts],
            [each.answer for each in attempts],
        ),
    )


async def apply_sequels(connection: Connection, sequels: Sequence[tuple[Attempt, Sequel]]) -> None:
    """Do what follows attempts, to deliveries that this transaction has locked."""
    states = [delivery_state_after(sequel.event) for _, sequel in sequels]
    await connection.execute(
        """
        UPDATE webhook_deliveries AS delivery
           SET state = told.state, last_status_code = told.status_code, last_error = told.error,
               attempt = delivery.attempt + (told.state = ANY(%(another)s))::integer,
               due_at = now() + told.delay_s * interval '1 second',
               ended_at = CASE WHEN told.state = ANY(%(another)s) THEN NULL ELSE now() END
          FROM unnest(%(ids)s::text[], %(attempts)s::integer[], %(states)s::text[],
                      %(status_codes)s::integer[], %(errors)s::text[], %(delays)s::float[])
               AS told (id, attempt, state, status_code, error, delay_s)
         WHERE delivery.id = told.id AND delivery.attempt = told.attempt
        """,
        {
            "ids": [attempt.delivery_id for attempt, _ in sequels],
            "attempts": [attempt.attempt for attempt, _ in sequels],
            "states": states,
            "status_codes": [attempt.status_code for attempt, _ in sequels],
            "errors": [attempt.error for attempt, _ in sequels],
            "delays": [float(sequel.delay_s) for _, sequel in sequels],
            # In which another attempt is to be made.
            "another": [DeliveryState.WAITING, DeliveryState.HELD],
        },
    )


async def settle_deliveries_of(
    connection: Connection,
    webhook_ids: Collection[str],
    event: DeliveryEvent,
    error: str,
    *,
    limit: int,
) -> int:
    """Give up, or put on hold, what is open for webhooks that are disabled; return how many.

    A sample is never put on hold: somebody waits for it, disabled or not.
    At most limit of them, and none that another transaction has: the sweep settles the rest.
    """
    state = delivery_state_after(event)
    cursor = await connection.execute(
        """
        UPDATE webhook_deliveries
           SET state = %(state)s, last_error = %(error)s,
               ended_at = CASE WHEN %(is_final)s THEN now() END
         WHERE id IN (SELECT id FROM webhook_deliveries
                       WHERE state IN ('waiting', 'published') AND webhook_id = ANY(%(ids)s)
                         AND (%(is_final)s OR event_type <> %(sample)s)
                       ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
        """,
        {
            "state": state,
            "error": error,
            "is_final": state is DeliveryState.FAILED,
            "sample": WEBHOOK_TEST,
            "ids": sorted(webhook_ids),
            "limit": limit,
        },
    )
    return cursor.rowcount


async def find_deliveries(
    connection: Connection, delivery_ids: Collection[str]
) -> dict[str, DueDelivery]:
    """Return what the notifier must know of deliveries, of those that there are."""
    cursor = await connection.execute(
        """
        SELECT webhook_deliveries.id, check_id, attempt, state, message_id, event_type, event_at,
               url, secret, disabled_at IS NULL, account_id, sequence_number, detail::text,
               ARRAY(SELECT old.secret FROM webhook_old_secrets AS old
                      WHERE old.webhook_id = webhooks.id AND signs_until > now()
                      ORDER BY signs_until DESC),
               signing_key, headers, payload,
               (SELECT request_id FROM checks WHERE checks.id = check_id)
          FROM webhook_deliveries JOIN webhooks ON webhooks.id = webhook_id
         WHERE webhook_deliveries.id = ANY(%s) AND deleted_at IS NULL
        """,
        (sorted(delivery_ids),),
    )
    return {
        row[0]: DueDelivery(
            check_id=row[1],
            attempt=row[2],
            state=DeliveryState(row[3]),
            message_id=row[4],
            event_type=row[5],
            event_at=row[6],
            url=row[7],
            secret=row[8],
            is_enabled=row[9],
            account_id=row[10],
            sequence=row[11],
            detail=row[12],
            old_secrets=tuple(row[13]),
            signing_key=row[14],
            headers=row[15],
            is_thin=row[16] == Payload.THIN,
            request_id=row[17] or "",
        )
        for row in await cursor.fetchall()
    }


async def find_attempt(connection: Connection, delivery_id: str) -> Attempt | None:
    """Return the first attempt at a delivery, or None when none is recorded."""
    cursor = await connection.execute(
        "SELECT attempt, attempted_at, duration_ms, status_code, error, answer"
        " FROM delivery_attempts WHERE delivery_id = %s ORDER BY attempt LIMIT 1",
        (delivery_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Attempt(
        delivery_id=delivery_id,
        attempt=row[0],
        attempted_at=row[1],
        duration_ms=row[2],
        status_code=row[3],
        error=row[4],
        retry_after_s=None,
        answer=row[5],
    )
