"""Statements about badges: which names are shown to everybody, by whom, and what they show.

Law: one account holds a name, from its first publishing until it is withdrawn.
"""

from typing import Final

from outscope.limits import DEFAULT_PATHS, DEFAULT_PORTS
from services.scheduler.domain.badge import Badge, ShownCheck
from services.scheduler.domain.check import CheckStatus
from services.scheduler.store.database import Connection

# How many completed checks of a name are looked through for one with the default ports and paths:
# anybody may ask, so the walk has an end.
LOOKED_THROUGH: Final = 100


async def hold_badge(connection: Connection, fqdn: str, *, account_id: str) -> Badge:
    """Publish a name unless it is; return the badge there is now, which may be another's."""
    cursor = await connection.execute(
        "INSERT INTO badges (fqdn, account_id) VALUES (%s, %s)"
        " ON CONFLICT (fqdn) DO UPDATE SET account_id = badges.account_id"
        " RETURNING fqdn, account_id, created_at",
        (fqdn, account_id),
    )
    ((name, holder, created_at),) = await cursor.fetchall()
    return Badge(fqdn=name, account_id=holder, created_at=created_at)


async def withdraw_badge(
    connection: Connection, fqdn: str, *, account_id: str | None = None
) -> bool:
    """Show a name no longer; with an account, only when it holds the name. Tell whether it was."""
    cursor = await connection.execute(
        "DELETE FROM badges WHERE fqdn = %(fqdn)s"
        " AND (%(account_id)s::text IS NULL OR account_id = %(account_id)s)",
        {"fqdn": fqdn, "account_id": account_id},
    )
    return cursor.rowcount > 0


async def list_badges(connection: Connection) -> list[Badge]:
    """Return all badges, by name."""
    cursor = await connection.execute(
        "SELECT fqdn, account_id, created_at FROM badges ORDER BY fqdn"
    )
    return [
        Badge(fqdn=fqdn, account_id=account_id, created_at=created_at)
        for fqdn, account_id, created_at in await cursor.fetchall()
    ]


async def list_badges_of(
    connection: Connection, account_id: str, *, after_fqdn: str, limit: int
) -> list[Badge]:
    """Return the badges of an account that come after a name, by name; '' comes before all."""
    cursor = await connection.execute(
        "SELECT fqdn, account_id, created_at FROM badges"
        " WHERE account_id = %s AND fqdn > %s ORDER BY fqdn LIMIT %s",
        (account_id, after_fqdn, limit),
    )
    return [
        Badge(fqdn=fqdn, account_id=holder, created_at=created_at)
        for fqdn, holder, created_at in await cursor.fetchall()
    ]


async def find_shown(connection: Connection, fqdn: str) -> ShownCheck | None:
    """Return which check the badge of a name shows, or None when nobody publishes the name."""
    cursor = await connection.execute(
        SHOWN,
        {
            "fqdn": fqdn,
            "completed": CheckStatus.COMPLETED,
            "most": LOOKED_THROUGH,
            "ports": list(DEFAULT_PORTS),
            "paths": list(DEFAULT_PATHS),
        },
    )
    row = await cursor.fetchone()
    return ShownCheck(account_id=row[0], check_id=row[1]) if row else None


# In the order of checks_by_fqdn; ports and paths are sets, whatever order they were asked in. What
# an account alone can see, from vantage points of its own, is not what the outside world sees.
SHOWN: Final = """
    SELECT badges.account_id, (
           SELECT id FROM (
                  SELECT id, created_at, ports, paths, vantage_point, options FROM checks
                   WHERE account_id = badges.account_id AND fqdn = badges.fqdn
                     AND status = %(completed)s
                   ORDER BY created_at DESC, id DESC LIMIT %(most)s) AS latest
            WHERE ports @> %(ports)s::integer[] AND ports <@ %(ports)s::integer[]
              AND paths @> %(paths)s::text[] AND paths <@ %(paths)s::text[]
              AND NOT EXISTS (
                  SELECT FROM vantage_points WHERE vantage_points.account_id IS NOT NULL
                     AND (name = latest.vantage_point
                          OR latest.options -> 'vantage_points' ? name))
            ORDER BY created_at DESC, id DESC LIMIT 1)
      FROM badges WHERE badges.fqdn = %(fqdn)s
"""
