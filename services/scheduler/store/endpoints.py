"""Statements about how the endpoints of webhooks do.

Law: webhooks are locked before deliveries, in order of id; see store/webhooks.py.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.scheduler.domain.endpoint import Health
from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A webhook's endpoint and how it does."""

    account_id: str
    is_enabled: bool
    health: Health
    # By the clock of the database, which all schedulers share.
    seen_at: datetime


async def find_endpoints(
    connection: Connection, delivery_ids: Collection[str]
) -> tuple[dict[str, str], dict[str, Endpoint]]:
    """Return the webhook of each of these deliveries, and how each endpoint does; lock nothing."""
    cursor = await connection.execute(
        """
        SELECT delivery.id, webhook_id, account_id, disabled_at IS NULL,
               failing_since, last_failure_at, slowed_until, now()
          FROM webhook_deliveries AS delivery JOIN webhooks ON webhooks.id = webhook_id
         WHERE delivery.id = ANY(%s)
        """,
        (sorted(delivery_ids),),
    )
    rows = await cursor.fetchall()
    return {row[0]: row[1] for row in rows}, {row[1]: _endpoint(row[2:]) for row in rows}


async def lock_endpoints(
    connection: Connection, webhook_ids: Collection[str], account_ids: Collection[str]
) -> dict[str, Endpoint]:
    """Lock webhooks, and all of some accounts; return how they do."""
    cursor = await connection.execute(
        """
        SELECT id, account_id, disabled_at IS NULL, failing_since, last_failure_at, slowed_until,
               now()
          FROM webhooks
         WHERE id = ANY(%s) OR (account_id = ANY(%s) AND deleted_at IS NULL)
         ORDER BY id FOR NO KEY UPDATE
        """,
        (sorted(webhook_ids), sorted(account_ids)),
    )
    return {row[0]: _endpoint(row[1:]) for row in await cursor.fetchall()}


async def store_health(connection: Connection, told: Mapping[str, Health]) -> None:
    """Note how endpoints do whose webhooks this transaction has locked."""
    await connection.execute(
        """
        UPDATE webhooks
           SET failing_since = told.since, last_failure_at = told.last, slowed_until = told.until
          FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
               AS told (webhook_id, since, last, until)
         WHERE id = webhook_id
        """,
        (
            list(told),
            [each.failing_since for each in told.values()],
            [each.last_failure_at for each in told.values()],
            [each.slowed_until for each in told.values()],
        ),
    )


def _endpoint(row: Sequence[Any]) -> Endpoint:
    account_id, is_enabled, failing_since, last_failure_at, slowed_until, seen_at = row
    return Endpoint(
        account_id=account_id,
        is_enabled=is_enabled,
        health=Health(
            failing_since=failing_since,
            last_failure_at=last_failure_at,
            slowed_until=slowed_until,
        ),
        seen_at=seen_at,
    )
