"""Statements about accounts and for how long their checks are kept."""

from collections.abc import Sequence
from datetime import datetime

from services.scheduler.domain.account import Account
from services.scheduler.store.database import Connection


async def list_accounts(connection: Connection) -> list[Account]:
    """Return all accounts, oldest first."""
    cursor = await connection.execute(
        "SELECT id, name, created_at, retention_days FROM accounts ORDER BY id"
    )
    return [_account(row) for row in await cursor.fetchall()]


async def set_retention(
    connection: Connection, account_id: str, days: int | None
) -> Account | None:
    """Keep the checks of an account for so many days, None for the default; None without one."""
    cursor = await connection.execute(
        "UPDATE accounts SET retention_days = %s WHERE id = %s"
        " RETURNING id, name, created_at, retention_days",
        (days, account_id),
    )
    row = await cursor.fetchone()
    return None if row is None else _account(row)


def _account(row: Sequence[object]) -> Account:
    account_id, name, created_at, retention_days = row
    assert isinstance(created_at, datetime)  # noqa: S101 - the column's type
    return Account(
        id=str(account_id),
        name=str(name),
        created_at=created_at,
        retention_days=retention_days if isinstance(retention_days, int) else None,
    )
