"""Statements about what signs the events of webhooks, and about who asked for it.

What is stored may be sealed; whoever seals opens it.
"""

from datetime import datetime

from services.scheduler.domain.secret_access import Access, NotedAccess
from services.scheduler.store.database import Connection


async def find_secret(connection: Connection, webhook_id: str, *, account_id: str) -> str | None:
    """Return the signing secret of a webhook of this account, as it is stored."""
    cursor = await connection.execute(
        "SELECT secret FROM webhooks WHERE id = %s AND account_id = %s AND deleted_at IS NULL",
        (webhook_id, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def find_signing_key(
    connection: Connection, webhook_id: str, *, account_id: str
) -> tuple[str | None] | None:
    """Return the key of v1a as it is stored, if the webhook has one; None: no such webhook."""
    cursor = await connection.execute(
        "SELECT signing_key FROM webhooks WHERE id = %s AND account_id = %s AND deleted_at IS NULL",
        (webhook_id, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0],)


async def count_old_secrets(connection: Connection, webhook_id: str) -> int:
    """Return how many secrets that were rotated away sign still; those that don't are deleted."""
    await connection.execute(
        "DELETE FROM webhook_old_secrets WHERE webhook_id = %s AND signs_until <= now()",
        (webhook_id,),
    )
    cursor = await connection.execute(
        "SELECT count(*) FROM webhook_old_secrets WHERE webhook_id = %s", (webhook_id,)
    )
    ((count,),) = await cursor.fetchall()
    return int(count)


async def delete_old_secrets(connection: Connection, webhook_id: str) -> None:
    """Have only the current secret sign."""
    await connection.execute("DELETE FROM webhook_old_secrets WHERE webhook_id = %s", (webhook_id,))


async def keep_old_secret(connection: Connection, webhook_id: str, *, hours: int) -> datetime:
    """Have the current secret sign for so many hours more; return until when."""
    cursor = await connection.execute(
        "INSERT INTO webhook_old_secrets (webhook_id, secret, signs_until)"
        " SELECT id, secret, now() + %s * interval '1 hour' FROM webhooks WHERE id = %s"
        " RETURNING signs_until",
        (hours, webhook_id),
    )
    ((until,),) = await cursor.fetchall()
    return until  # type: ignore[no-any-return]  # rows carry no types


async def replace_secret(connection: Connection, webhook_id: str, secret: str) -> None:
    """Sign with another secret from now on."""
    await connection.execute("UPDATE webhooks SET secret = %s WHERE id = %s", (secret, webhook_id))


async def note_access(
    connection: Connection, webhook_id: str, *, account_id: str, key_id: str, action: Access
) -> None:
    """Note who asked for a secret."""
    await connection.execute(
        "INSERT INTO webhook_audit (webhook_id, account_id, key_id, action)"
        " VALUES (%s, %s, %s, %s)",
        (webhook_id, account_id, key_id, action),
    )


async def list_accesses(
    connection: Connection, webhook_id: str, *, limit: int
) -> list[NotedAccess]:
    """Return who asked for a secret, the latest first."""
    cursor = await connection.execute(
        "SELECT action, at, key_id FROM webhook_audit"
        " WHERE webhook_id = %s AND action = ANY(%s) ORDER BY id DESC LIMIT %s",
        (webhook_id, list(Access), limit),
    )
    return [
        NotedAccess(action=Access(action), at=at, key_id=key_id)
        for action, at, key_id in await cursor.fetchall()
    ]
