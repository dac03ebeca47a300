"""Statements about webhooks."""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.scheduler.domain.webhook import Subscriber
from services.scheduler.store.database import Connection


async def insert_webhook(
    connection: Connection,
    *,
    webhook_id: str,
    account_id: str,
    url: str,
    events: Sequence[str],
    secret: str,
) -> datetime:
    """Store a webhook; return when."""
    cursor = await connection.execute(
        "INSERT INTO webhooks (id, account_id, url, events, secret) VALUES (%s, %s, %s, %s, %s)"
        " RETURNING created_at",
        (webhook_id, account_id, url, list(events), secret),
    )
    ((created_at,),) = await cursor.fetchall()
    return created_at  # type: ignore[no-any-return]  # rows carry no types


async def find_subscribers(
    connection: Connection, account_ids: Collection[str]
) -> list[Subscriber]:
    """Return the webhooks of these accounts that get events."""
    cursor = await connection.execute(
        "SELECT id, account_id, events FROM webhooks"
        " WHERE account_id = ANY(%s) AND disabled_at IS NULL ORDER BY id",
        (list(account_ids),),
    )
    return [
        Subscriber(webhook_id=webhook_id, account_id=account_id, events=tuple(events))
        for webhook_id, account_id, events in await cursor.fetchall()
    ]


async def disable_webhooks(
    connection: Connection, webhook_ids: Collection[str], reason: str
) -> None:
    """Send nothing more to these webhooks."""
    await connection.execute(
        "UPDATE webhooks SET disabled_at = now(), disabled_reason = %s"
        " WHERE id = ANY(%s) AND disabled_at IS NULL",
        (reason, sorted(webhook_ids)),
    )
