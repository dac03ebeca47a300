"""Looks for rows that break an invariant: one statement each, all on one snapshot, read only.

Unlike all other statements these read whole tables. They run on a connection of their own, take no
lock that anybody waits for, and each returns the first broken ids and how many there are.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import psycopg
from psycopg import IsolationLevel

from outscope.errors import Unavailable
from services.scheduler.domain.invariant import Break, InvariantName
from services.scheduler.store.database import Connection
from services.scheduler.store.url import checked_url

# Of each invariant; enough to see which of them are still broken a while later.
_MAX_IDS: Final = 1000
_CONNECT_TIMEOUT_S: Final = 5
_STATEMENT_TIMEOUT_S: Final = 900
# A webhook that was made or disabled around the end of a check may have been seen or not.
_MARGIN_S: Final = 60

_BROKEN_ROWS: Final[Mapping[InvariantName, str]] = {
    InvariantName.CHECK_HAS_WORK: """
        SELECT id FROM checks WHERE status = 'pending' AND NOT EXISTS (
            SELECT FROM probes WHERE check_id = checks.id AND state IN ('queued', 'published'))
        """,
    InvariantName.ENDED_CHECK_HAS_NO_WORK: """
        SELECT checks.id FROM probes JOIN checks ON checks.id = check_id
         WHERE state IN ('queued', 'published') AND status <> 'pending'
        """,
    InvariantName.STATUS_FOLLOWS_PROBES: """
        SELECT id FROM checks LEFT JOIN (
               SELECT check_id, bool_or(state IN ('queued', 'published')) AS is_open,
                      CASE WHEN bool_or(state = 'cancelled') THEN 'cancelled'
                           WHEN bool_or(state = 'completed') THEN 'completed'
                           ELSE 'failed' END AS given
                 FROM probes GROUP BY check_id) AS told ON check_id = id
         WHERE status <> 'pending'
           AND (check_id IS NULL OR ended_at IS NULL OR (NOT is_open AND status <> given)
                OR (status = 'failed' AND failure_reason IS NULL))
        """,
    InvariantName.WORK_IS_LOOKED_AT: """
        SELECT id FROM probes WHERE state IN ('queued', 'published')
           AND least(due_at, deadline_at) < now() - %(grace_s)s * interval '1 second'
        """,
    InvariantName.PROBE_HAS_CHECK: """
        SELECT id FROM probes
         WHERE NOT EXISTS (SELECT FROM checks WHERE checks.id = check_id)
        """,
    InvariantName.CHECK_HAS_ITS_PROBES: """
        SELECT id FROM checks JOIN (
               SELECT check_id, array_agg(vantage_point ORDER BY vantage_point) AS there
                 FROM probes GROUP BY check_id) AS told ON check_id = id
         WHERE there <> CASE WHEN options ? 'vantage_points'
                             THEN ARRAY(SELECT name
                                          FROM jsonb_array_elements_text(
                                               options -> 'vantage_points') AS name
                                         ORDER BY name)
                             ELSE ARRAY[vantage_point] END
        """,
    InvariantName.COMPLETED_PROBE_HAS_RESULT: """
        SELECT id FROM probes WHERE state = 'completed' AND result IS NULL
        """,
    InvariantName.EVENT_HAS_ENDED_CHECK: """
        SELECT id FROM webhook_deliveries AS delivery
         WHERE event_type LIKE 'check.%%' AND NOT EXISTS (
            SELECT FROM checks WHERE checks.id = check_id AND status <> 'pending'
               AND 'check.' || status = event_type)
        """,
    InvariantName.EVENT_REACHES_EVERY_WEBHOOK: """
        SELECT checks.id || ' to ' || webhooks.id AS id
          FROM webhooks JOIN checks ON checks.account_id = webhooks.account_id
           AND status <> 'pending' AND events && ARRAY['*', 'check.*', 'check.' || status]
           AND (webhooks.fqdn IS NULL OR checks.fqdn = webhooks.fqdn
                OR (starts_with(webhooks.fqdn, '*.')
                    AND right(checks.fqdn, length(webhooks.fqdn) - 1) = substr(webhooks.fqdn, 2)))
           AND (vantage_points = '{}' OR vantage_point = ANY(vantage_points)
                OR options -> 'vantage_points' ?| vantage_points)
           AND deleted_at IS NULL
           AND ended_at > greatest(webhooks.created_at, updated_at)
                          + %(margin_s)s * interval '1 second'
           AND (forgotten_until IS NULL OR ended_at > forgotten_until)
           AND (disabled_at IS NULL
                OR ended_at < disabled_at - %(margin_s)s * interval '1 second')
         WHERE NOT EXISTS (SELECT FROM webhook_deliveries
                            WHERE webhook_id = webhooks.id AND check_id = checks.id)
        """,
    InvariantName.EVENT_IS_SENT_ONCE: """
        SELECT check_id || ' to ' || webhook_id AS id FROM webhook_deliveries
         GROUP BY webhook_id, check_id HAVING count(*) > 1
        """,
    InvariantName.DELIVERY_IS_LOOKED_AT: """
        SELECT id FROM webhook_deliveries AS delivery WHERE state = 'published'
           AND due_at < now() - %(grace_s)s * interval '1 second'
         UNION ALL
        -- What waits longest for an endpoint that has nothing under way.
        SELECT * FROM (
            SELECT DISTINCT ON (webhook_id) delivery.id FROM webhook_deliveries AS delivery
              JOIN webhooks ON webhooks.id = webhook_id
             WHERE state = 'waiting' AND due_at < now() - %(grace_s)s * interval '1 second'
               AND coalesce(slowed_until, '-infinity')
                   < now() - %(grace_s)s * interval '1 second'
               AND NOT EXISTS (SELECT FROM webhook_deliveries AS other
                                WHERE other.webhook_id = webhooks.id AND state = 'published')
             ORDER BY webhook_id, due_at, delivery.id) AS first
        """,
    InvariantName.DELIVERIES_ARE_NUMBERED: """
        SELECT webhook_id || ' ' || sequence_number AS id FROM webhook_deliveries
          JOIN webhooks ON webhooks.id = webhook_id
         WHERE sequence_number IS NOT NULL
         GROUP BY webhook_id, sequence_number, last_sequence
        HAVING count(*) > 1 OR sequence_number NOT BETWEEN 1 AND last_sequence
        """,
    # A delivery given up because its webhook is gone may be so before its attempt is told.
    InvariantName.ATTEMPTS_ARE_COUNTED: """
        SELECT id FROM webhook_deliveries AS delivery LEFT JOIN (
               SELECT delivery_id, count(*) AS told, max(attempt) AS last
                 FROM delivery_attempts GROUP BY delivery_id) AS attempts ON delivery_id = id
         WHERE coalesce(last, 0) <> coalesce(told, 0)
            OR NOT coalesce(told, 0) = ANY(CASE state
                   WHEN 'delivered' THEN ARRAY[attempt]
                   WHEN 'failed' THEN ARRAY[attempt, attempt - 1]
                   ELSE ARRAY[attempt - 1] END)
        """,
    InvariantName.ATTEMPT_HAS_DELIVERY: """
        SELECT DISTINCT delivery_id AS id FROM delivery_attempts
         WHERE NOT EXISTS (SELECT FROM webhook_deliveries WHERE id = delivery_id)
        """,
    InvariantName.KEPT_HAS_CHECK: """
        SELECT DISTINCT kind || ' of ' || check_id AS id
          FROM (SELECT 'sample' AS kind, check_id FROM content_samples
                UNION ALL SELECT 'facts', check_id FROM kept_facts
                UNION ALL SELECT 'review', check_id FROM reviews) AS kept
         WHERE NOT EXISTS (SELECT FROM checks WHERE checks.id = check_id)
        """,
    InvariantName.KEY_HAS_ANSWER: """
        SELECT account_id || ' ' || operation || ' ' || key AS id FROM idempotency_keys
         WHERE answer IS NULL
        """,
    InvariantName.SET_ASIDE_HAS_FAILED_CHECK: """
        SELECT id FROM dead_letters WHERE kind = 'check' AND NOT EXISTS (
            SELECT FROM checks WHERE checks.id = check_id AND status = 'failed')
        """,
}


@asynccontextmanager
async def snapshot(url: str) -> AsyncIterator[Connection]:
    """Lend a view of all tables at one moment; raises Unavailable, for want of tables too."""
    connection: Connection
    try:
        async with await psycopg.AsyncConnection.connect(
            checked_url(url),
            application_name="outscope-audit",
            connect_timeout=_CONNECT_TIMEOUT_S,
            options=f"-c statement_timeout={_STATEMENT_TIMEOUT_S}s",
        ) as connection:
            await connection.set_isolation_level(IsolationLevel.REPEATABLE_READ)
            await connection.set_read_only(value=True)
            yield connection
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise Unavailable(
            "The database has not this version's tables; run python -m services.scheduler migrate"
        ) from error
    except psycopg.OperationalError as error:
        raise Unavailable(f"Postgres does not answer: {error}") from error


async def broken_rows(connection: Connection, *, grace_s: float) -> list[Break]:
    """Return the invariants that rows break; what is due may be late by grace_s seconds."""
    values = {"grace_s": grace_s, "margin_s": _MARGIN_S, "limit": _MAX_IDS}
    found = []
    for name, statement in _BROKEN_ROWS.items():
        cursor = await connection.execute(
            f"SELECT id, count(*) OVER () FROM ({statement}) AS broken"  # noqa: S608 - constants of ours
            " ORDER BY id LIMIT %(limit)s",
            values,
        )
        rows = await cursor.fetchall()
        if rows:
            found.append(Break(name=name, ids=tuple(row[0] for row in rows), count=rows[0][1]))
    return found
