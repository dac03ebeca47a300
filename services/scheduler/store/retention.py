"""Statements that delete old checks with all that belongs to them.

Law: the check row is locked first, as by everyone who writes beneath it, and passed over when
another has it; so nobody waits for a deletion for longer than its slice takes, and no two of them
wait for each other.
"""

from typing import Final

from services.scheduler.domain.check import CheckStatus
from services.scheduler.domain.delivery import OPEN_DELIVERY_STATES
from services.scheduler.store.database import Connection

# In the order of deletion; the check itself comes last.
_BELONGING: Final = (
    """
    DELETE FROM delivery_attempts
     WHERE delivery_id IN (SELECT id FROM webhook_deliveries WHERE check_id = ANY(%(ids)s))
    """,
    "DELETE FROM webhook_deliveries WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM reviews WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM kept_facts WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM content_samples WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM dead_letters WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM probes WHERE check_id = ANY(%(ids)s)",
    "DELETE FROM checks WHERE id = ANY(%(ids)s)",
)


async def accounts_with_old_checks(
    connection: Connection, *, after: str, default_days: int, page: int
) -> tuple[list[tuple[str, int]], str | None]:
    """Look at the next accounts after one; return those with old checks, and where to go on.

    Each comes with its days of retention. None is where to go on after the last account.
    """
    cursor = await connection.execute(
        """
        SELECT page.id, days, days > 0 AND EXISTS (
               SELECT FROM checks WHERE account_id = page.id AND status <> %(pending)s
                  AND created_at < now() - days * interval '1 day')
          FROM (SELECT id, coalesce(retention_days, %(default_days)s) AS days
                  FROM accounts WHERE id > %(after)s ORDER BY id LIMIT %(page)s) AS page
         ORDER BY page.id
        """,
        {
            "pending": CheckStatus.PENDING,
            "default_days": default_days,
            "after": after,
            "page": page,
        },
    )
    rows = await cursor.fetchall()
    found = [(account_id, days) for account_id, days, has_old in rows if has_old]
    return found, rows[-1][0] if len(rows) == page else None


async def hold_check(connection: Connection, check_id: str, *, account_id: str) -> bool:
    """Keep a check from deletion until this transaction ends; tell whether it is there."""
    cursor = await connection.execute(
        "SELECT FROM checks WHERE id = %s AND account_id = %s FOR KEY SHARE",
        (check_id, account_id),
    )
    return await cursor.fetchone() is not None


async def delete_old_checks(
    connection: Connection, account_id: str, *, days: int, limit: int
) -> int:
    """Delete at most limit checks of an account that are older than that; return how many.

    Run in a transaction. Checks that are pending stay, and those with an event on its way.
    """
    cursor = await connection.execute(
        """
        SELECT id FROM checks
         WHERE account_id = %(account_id)s AND status <> %(pending)s
           AND created_at < now() - %(days)s * interval '1 day'
           AND NOT EXISTS (SELECT FROM webhook_deliveries
                            WHERE check_id = checks.id AND state = ANY(%(open)s))
         ORDER BY created_at, id LIMIT %(limit)s FOR UPDATE OF checks SKIP LOCKED
        """,
        {
            "account_id": account_id,
            "pending": CheckStatus.PENDING,
            "days": days,
            "open": list(OPEN_DELIVERY_STATES),
            "limit": limit,
        },
    )
    ids = [check_id for (check_id,) in await cursor.fetchall()]
    if ids:
        for statement in _BELONGING:
            await connection.execute(statement, {"ids": ids})
    return len(ids)
