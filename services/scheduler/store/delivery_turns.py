"""Statements about whose turn it is: which waiting deliveries are handed out next.

Law: an endpoint has no more attempts under way than its pace allows, one while it fails, and none
while it is to be spared; all endpoints of an account together have no more than it allows an
account. Turns go round: the next goes to the endpoint that has the fewest under way.
So an endpoint that is slow or dead costs the others its own few places and nothing else, and an
account with many such endpoints leaves the notifiers room for others.
"""

from typing import Final

from services.scheduler.domain.delivery import DeliveryEvent, DeliveryJob, delivery_state_after
from services.scheduler.domain.endpoint import Pace
from services.scheduler.domain.webhook import DisabledReason
from services.scheduler.store.database import Connection
from services.scheduler.store.deliveries import TRACE

# Taken in a statement of its own, ahead: a statement sees what was committed before it began.
_LOCK: Final = """
    SELECT pg_advisory_xact_lock(hashtextextended('turns of deliveries', 0)),
           set_config('synchronous_commit', 'off', true)
"""

# Found by leaps in the order of webhook_deliveries_turns, so the cost depends on how many endpoints
# have something waiting, and not on how much.
_WAITING: Final = """
    waiting AS (
        (SELECT webhook_id FROM webhook_deliveries
          WHERE state = 'waiting' ORDER BY webhook_id LIMIT 1)
        UNION ALL
        SELECT (SELECT webhook_id FROM webhook_deliveries
                 WHERE state = 'waiting' AND webhook_id > waiting.webhook_id
                 ORDER BY webhook_id LIMIT 1)
          FROM waiting WHERE webhook_id IS NOT NULL)
"""

# What is under way is counted once, for endpoints and accounts alike: joined to what waits, such
# counts, of which the planner knows nothing, would be compared each with each.
# A rate is kept as the moment from which the next attempt is free; at most a second of it
# is saved up.
TURNS: Final = f"""
    WITH RECURSIVE {_WAITING}, counted AS (
        SELECT webhook_id, sum(handed_out)::bigint AS under_way, bool_or(waits) AS waits
          FROM (SELECT webhook_id, 0 AS handed_out, true AS waits FROM waiting
                 UNION ALL
                SELECT webhook_id, count(*), false FROM webhook_deliveries
                 WHERE state = 'published' GROUP BY webhook_id) AS either
         WHERE webhook_id IS NOT NULL GROUP BY webhook_id
    ), known AS (
        SELECT webhooks.id AS webhook_id, account_id, waits, under_way,
               CASE WHEN failing_since IS NULL THEN %(at_once)s ELSE 1 END AS places,
               disabled_at IS NULL AND (slowed_until IS NULL OR slowed_until <= now()) AS may_have,
               sum(under_way) OVER (PARTITION BY account_id) AS of_account
          FROM counted JOIN webhooks ON webhooks.id = counted.webhook_id
    ), endpoint AS (
        SELECT known.*,
               greatest(coalesce(free_at, '-infinity'), now() - interval '1 second') AS free_from
          FROM known LEFT JOIN webhook_paces AS pace ON pace.webhook_id = known.webhook_id
         WHERE waits AND may_have AND under_way < places AND of_account < %(of_account)s
    ), candidate AS (
        SELECT delivery.id, endpoint.webhook_id, account_id, of_account, free_from,
               under_way + row_number() OVER (
                   PARTITION BY endpoint.webhook_id ORDER BY due_at, delivery.id) AS place
          FROM endpoint CROSS JOIN LATERAL (
               SELECT id, due_at FROM webhook_deliveries
                WHERE state = 'waiting' AND webhook_id = endpoint.webhook_id AND due_at <= now()
                ORDER BY due_at, id
                LIMIT greatest(0, least(
                      places - under_way, %(most)s, CASE WHEN %(rate)s = 0 THEN %(most)s
                      ELSE floor(%(rate)s * extract(epoch FROM now() - free_from)) END))
               ) AS delivery
    ), turn AS (
        SELECT id, webhook_id, free_from, place, of_account + row_number() OVER (
                   PARTITION BY account_id ORDER BY place, random()) AS of_account
          FROM candidate
    ), chosen AS (
        SELECT id, webhook_id, free_from FROM turn WHERE of_account <= %(of_account)s
         ORDER BY place, random() LIMIT %(most)s
    ), held AS (
        SELECT delivery.id, delivery.webhook_id, free_from
          FROM chosen JOIN webhook_deliveries AS delivery ON delivery.id = chosen.id
         WHERE state = 'waiting' FOR UPDATE OF delivery SKIP LOCKED
    ), paced AS (
        INSERT INTO webhook_paces (webhook_id, free_at)
        SELECT webhook_id,
               free_from + count(*) * interval '1 second' / greatest(%(rate)s, 1)
          FROM held WHERE %(rate)s > 0 GROUP BY webhook_id, free_from
            ON CONFLICT (webhook_id) DO UPDATE SET free_at = EXCLUDED.free_at
    )
    UPDATE webhook_deliveries AS delivery
       SET state = %(published)s, stream_sequence = NULL,
           due_at = now() + %(grace_s)s * interval '1 second'
      FROM held WHERE delivery.id = held.id
    RETURNING delivery.id, attempt, replays, {TRACE}
"""  # noqa: S608 - constants of ours

# What became due for an endpoint after it was disabled, or was in other hands then.
_SETTLE: Final = f"""
    WITH RECURSIVE {_WAITING}, held AS (
        SELECT delivery.id, coalesce(disabled_reason, 'deleted') AS reason
          FROM waiting JOIN webhooks ON webhooks.id = waiting.webhook_id
           AND disabled_at IS NOT NULL
         CROSS JOIN LATERAL (
               SELECT id FROM webhook_deliveries
                WHERE state = 'waiting' AND webhook_id = webhooks.id
                ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS delivery
         LIMIT %(limit)s
    )
    UPDATE webhook_deliveries AS delivery
       SET state = CASE WHEN reason = %(by_user)s THEN %(on_hold)s ELSE %(given_up)s END,
           last_error = reason,
           ended_at = CASE WHEN reason = %(by_user)s THEN NULL ELSE now() END
      FROM held WHERE delivery.id = held.id
"""  # noqa: S608 - constants of ours


# Of each endpoint that is well its first, and whatever is in the hands of notifiers.
_OLDEST: Final = f"""
    WITH RECURSIVE {_WAITING}, open AS (
        SELECT delivery.due_at AS since
          FROM waiting JOIN webhooks ON webhooks.id = waiting.webhook_id
           AND disabled_at IS NULL AND failing_since IS NULL
           AND (slowed_until IS NULL OR slowed_until <= now())
         CROSS JOIN LATERAL (
               SELECT due_at FROM webhook_deliveries
                WHERE state = 'waiting' AND webhook_id = webhooks.id AND due_at <= now()
                ORDER BY due_at LIMIT 1) AS delivery
        UNION ALL
        SELECT published_at FROM webhook_deliveries WHERE state = 'published'
    )
    SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM open
"""  # noqa: S608 - constants of ours


async def oldest_delivery_s(connection: Connection) -> float:
    """Return for how many seconds the oldest delivery has been due or handed out; 0 without any."""
    cursor = await connection.execute(_OLDEST)
    ((seconds,),) = await cursor.fetchall()
    return float(seconds)


async def take_delivery_turns(
    connection: Connection, pace: Pace, *, most: int, grace_s: float
) -> list[DeliveryJob]:
    """Hand out at most so many waiting deliveries; return their jobs.

    Whoever is told them publishes them; what is not noted as published after grace_s seconds is
    left to the sweep. One scheduler at a time does this. Losing it is harmless, so it does not wait
    for the disk.
    """
    parameters = {
        "at_once": pace.at_once,
        "of_account": pace.of_account,
        "rate": pace.rate,
        "most": most,
        "grace_s": grace_s,
        "published": delivery_state_after(DeliveryEvent.JOB_PUBLISHED),
    }
    async with connection.pipeline(), connection.transaction():
        await connection.execute(_LOCK)
        cursor = await connection.execute(TURNS, parameters)
        rows = await cursor.fetchall()
    return [
        DeliveryJob(
            delivery_id=delivery_id, attempt=attempt, replays=replays, traceparent=traceparent
        )
        for delivery_id, attempt, replays, traceparent in rows
    ]


async def settle_disabled(connection: Connection, *, limit: int) -> int:
    """Hold or give up deliveries that wait for webhooks that are disabled; return how many."""
    cursor = await connection.execute(
        _SETTLE,
        {
            "limit": limit,
            "by_user": DisabledReason.BY_USER,
            "on_hold": delivery_state_after(DeliveryEvent.PUT_ON_HOLD),
            "given_up": delivery_state_after(DeliveryEvent.GIVEN_UP),
        },
    )
    return cursor.rowcount
