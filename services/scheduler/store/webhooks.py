"""Statements about webhooks."""

from collections.abc import Collection, Sequence
from datetime import datetime

from outscope.limits import MAX_WEBHOOKS
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
) -> datetime | None:
    """Store a webhook; return when, or None when the account has all it may have.

    Run in a transaction: those who add to one account take turns, and each counts after its wait.
    """
    await connection.execute("SELECT FROM accounts WHERE id = %s FOR NO KEY UPDATE", (account_id,))
    cursor = await connection.execute(
        "INSERT INTO webhooks (id, account_id, url, events, secret) SELECT %s, %s, %s, %s, %s"
        " WHERE (SELECT count(*) FROM webhooks WHERE account_id = %s AND disabled_at IS NULL) < %s"
        " RETURNING created_at",
        (webhook_id, account_id, url, list(events), secret, account_id, MAX_WEBHOOKS),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def find_secret(connection: Connection, webhook_id: str, *, account_id: str) -> str | None:
    """Return the signing secret of a webhook of this account."""
    cursor = await connection.execute(
        "SELECT secret FROM webhooks WHERE id = %s AND account_id = %s", (webhook_id, account_id)
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


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
