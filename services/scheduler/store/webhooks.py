"""Statements about webhooks.

Law: rows are locked from the top down: checks, then webhooks, then deliveries, each in order of id.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from outscope.limits import MAX_KEPT_WEBHOOKS, MAX_WEBHOOKS
from services.scheduler.domain.webhook import Subscriber
from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """The first of the numbers that deliveries of a webhook get, and whether they are sent."""

    first: int
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedWebhook:
    """A webhook that nobody else changes until this transaction ends."""

    is_enabled: bool
    disabled_reason: str | None


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
        " AND (SELECT count(*) FROM webhooks WHERE account_id = %s AND deleted_at IS NULL) < %s"
        " RETURNING created_at",
        (
            *(webhook_id, account_id, url, list(events), secret),
            *(account_id, MAX_WEBHOOKS, account_id, MAX_KEPT_WEBHOOKS),
        ),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def find_subscribers(
    connection: Connection, account_ids: Collection[str]
) -> list[Subscriber]:
    """Return the webhooks of these accounts, for which events are sent or held."""
    cursor = await connection.execute(
        "SELECT id, account_id, events, fqdn, vantage_points FROM webhooks"
        " WHERE account_id = ANY(%s) AND deleted_at IS NULL ORDER BY id",
        (sorted(account_ids),),
    )
    return [
        Subscriber(
            webhook_id=webhook_id,
            account_id=account_id,
            events=tuple(events),
            fqdn=fqdn,
            vantage_points=tuple(vantage_points),
        )
        for webhook_id, account_id, events, fqdn, vantage_points in await cursor.fetchall()
    ]


async def number_deliveries(
    connection: Connection, wanted: Mapping[str, int]
) -> dict[str, Numbering]:
    """Lock webhooks, and give each as many numbers as deliveries are to be stored for it.

    Run in the transaction that stores them, which holds no delivery yet: webhooks are locked before
    deliveries, in order of id. Deleted webhooks are left out.
    """
    cursor = await connection.execute(
        """
        WITH held AS (
            SELECT id FROM webhooks WHERE id = ANY(%(ids)s) AND deleted_at IS NULL
             ORDER BY id FOR NO KEY UPDATE)
        UPDATE webhooks SET last_sequence = last_sequence + deliveries
          FROM held, unnest(%(ids)s::text[], %(counts)s::bigint[]) AS wanted (wanted_by, deliveries)
         WHERE webhooks.id = held.id AND wanted_by = held.id
        RETURNING webhooks.id, last_sequence - deliveries + 1, disabled_at IS NULL
        """,
        {"ids": list(wanted), "counts": list(wanted.values())},
    )
    return {
        webhook_id: Numbering(first=first, is_enabled=is_enabled)
        for webhook_id, first, is_enabled in await cursor.fetchall()
    }


async def lock_webhook(
    connection: Connection, webhook_id: str, *, account_id: str
) -> LockedWebhook | None:
    """Lock a webhook of this account until the transaction ends; None when there is none such."""
    cursor = await connection.execute(
        "SELECT disabled_at IS NULL, disabled_reason FROM webhooks"
        " WHERE id = %s AND account_id = %s AND deleted_at IS NULL FOR NO KEY UPDATE",
        (webhook_id, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else LockedWebhook(is_enabled=row[0], disabled_reason=row[1])


async def disable_webhooks(
    connection: Connection, webhook_ids: Collection[str], reason: str
) -> list[tuple[str, str, str]]:
    """Send nothing more to these webhooks; return id, account and URL of those that were enabled.

    Of more than one they are locked by this transaction already.
    """
    cursor = await connection.execute(
        "UPDATE webhooks SET disabled_at = now(), disabled_reason = %s, updated_at = now()"
        " WHERE id = ANY(%s) AND disabled_at IS NULL RETURNING id, account_id, url",
        (reason, sorted(webhook_ids)),
    )
    return sorted(await cursor.fetchall())


async def enable_webhook(connection: Connection, webhook_id: str, *, account_id: str) -> bool:
    """Send events again; False when the account has all the enabled webhooks it may have.

    What its endpoint did before is forgotten, unless it was enabled already.
    Run in a transaction that holds no webhook yet: the account is locked first.
    """
    await connection.execute("SELECT FROM accounts WHERE id = %s FOR NO KEY UPDATE", (account_id,))
    cursor = await connection.execute(
        "UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL, updated_at = now(),"
        " failing_since = CASE WHEN disabled_at IS NULL THEN failing_since END,"
        " last_failure_at = CASE WHEN disabled_at IS NULL THEN last_failure_at END,"
        " slowed_until = CASE WHEN disabled_at IS NULL THEN slowed_until END"
        " WHERE id = %(id)s AND account_id = %(account_id)s AND deleted_at IS NULL"
        " AND (disabled_at IS NULL OR (SELECT count(*) FROM webhooks"
        " WHERE account_id = %(account_id)s AND disabled_at IS NULL) < %(most)s) RETURNING id",
        {"id": webhook_id, "account_id": account_id, "most": MAX_WEBHOOKS},
    )
    return await cursor.fetchone() is not None


async def delete_webhook(connection: Connection, webhook_id: str, *, account_id: str) -> bool:
    """Forget a webhook's secrets and send it nothing more; tell whether it was there."""
    cursor = await connection.execute(
        "UPDATE webhooks SET deleted_at = now(), updated_at = now(), secret = '',"
        " signing_key = NULL, headers = NULL, disabled_at = coalesce(disabled_at, now()),"
        " disabled_reason = 'deleted'"
        " WHERE id = %s AND account_id = %s AND deleted_at IS NULL RETURNING id",
        (webhook_id, account_id),
    )
    if await cursor.fetchone() is None:
        return False
    await connection.execute("DELETE FROM webhook_old_secrets WHERE webhook_id = %s", (webhook_id,))
    return True
