"""Statements by which an account tends its webhooks: read, list, change."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString

from psycopg import sql

from services.scheduler.domain.webhook import Payload, Webhook
from services.scheduler.domain.webhook_settings import StoredWebhook
from services.scheduler.store.database import Connection

_COLUMNS: Final[LiteralString] = """
    webhooks.id, url, events, created_at, description, fqdn, vantage_points, payload, updated_at,
    disabled_at, disabled_reason, failing_since,
    CASE WHEN slowed_until > now() THEN slowed_until END, signing_key, old.until,
    webhooks.secret, old.secrets, headers
"""
_FROM: Final[LiteralString] = """
    webhooks CROSS JOIN LATERAL (
        SELECT max(signs_until) AS until, array_agg(signing.secret) AS secrets
          FROM webhook_old_secrets AS signing
         WHERE webhook_id = webhooks.id AND signs_until > now()) AS old
"""


async def find_webhook(
    connection: Connection, webhook_id: str, *, account_id: str
) -> StoredWebhook | None:
    """Return a webhook of this account, or None."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM {_FROM}"  # noqa: S608 - constants of ours
        " WHERE id = %s AND account_id = %s AND deleted_at IS NULL",
        (webhook_id, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _webhook(row)


async def list_webhooks(
    connection: Connection, *, account_id: str, before_id: str | None, limit: int
) -> list[StoredWebhook]:
    """Return one page of an account's webhooks, newest first."""
    start = " AND id < %(id)s" if before_id is not None else ""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM {_FROM}"  # noqa: S608 - constants of ours
        f" WHERE account_id = %(account_id)s AND deleted_at IS NULL{start}"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"account_id": account_id, "id": before_id, "limit": limit},
    )
    return [_webhook(row) for row in await cursor.fetchall()]


async def change_webhook(
    connection: Connection, webhook_id: str, *, account_id: str, changed: Mapping[str, object]
) -> bool:
    """Set columns of a webhook; False when this account has none such."""
    columns = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in changed
    ]
    statement = sql.SQL(
        "UPDATE webhooks SET {}, updated_at = now() WHERE id = %(webhook_id)s"
        " AND account_id = %(account_id)s AND deleted_at IS NULL RETURNING id"
    ).format(sql.SQL(", ").join(columns))
    cursor = await connection.execute(
        statement, {**changed, "webhook_id": webhook_id, "account_id": account_id}
    )
    return await cursor.fetchone() is not None


async def count_enabled(connection: Connection, account_id: str) -> int:
    """Return how many webhooks of an account get events."""
    cursor = await connection.execute(
        "SELECT count(*) FROM webhooks WHERE account_id = %s AND disabled_at IS NULL",
        (account_id,),
    )
    ((count,),) = await cursor.fetchall()
    return int(count)


async def list_disabled(connection: Connection, account_id: str, *, limit: int) -> list[Webhook]:
    """Return webhooks of an account that were disabled, the latest first."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM {_FROM}"  # noqa: S608 - constants of ours
        " WHERE account_id = %s AND deleted_at IS NULL AND disabled_at IS NOT NULL"
        " ORDER BY disabled_at DESC, id DESC LIMIT %s",
        (account_id, limit),
    )
    return [_webhook(row).webhook for row in await cursor.fetchall()]


def _webhook(row: Sequence[Any]) -> StoredWebhook:
    return StoredWebhook(
        webhook=Webhook(
            id=row[0],
            url=row[1],
            events=tuple(row[2]),
            created_at=row[3],
            description=row[4],
            fqdn=row[5],
            vantage_points=tuple(row[6]),
            payload=Payload(row[7]),
            updated_at=row[8],
            disabled_at=row[9],
            disabled_reason=row[10],
            failing_since=row[11],
            slowed_until=row[12],
            has_signing_key=row[13] is not None,
            old_secret_signs_until=row[14],
        ),
        signing_key=row[13],
        secret=row[15],
        old_secrets=tuple(row[16] or ()),
        headers=row[17],
    )
