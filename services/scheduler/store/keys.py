"""Statements about accounts and their API keys."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from psycopg import sql

from services.scheduler.domain.api_key import ApiKey, Caller, KeyTerms
from services.scheduler.store.database import Connection

_COLUMNS: Final = (
    "id, account_id, name, created_at, last_used_at, expires_at, revoked_at, rate_limit,"
    " inflight_limit, monthly_quota"
)
# Seconds; how exact "last used" is.
_USE_RESOLUTION: Final = 60


async def insert_account(connection: Connection, account_id: str, name: str) -> None:
    """Make an account."""
    await connection.execute("INSERT INTO accounts (id, name) VALUES (%s, %s)", (account_id, name))


async def account_exists(connection: Connection, account_id: str) -> bool:
    """Tell whether there is such an account."""
    cursor = await connection.execute("SELECT FROM accounts WHERE id = %s", (account_id,))
    return await cursor.fetchone() is not None


async def insert_key(
    connection: Connection, *, key_id: str, account_id: str, key_hash: bytes, terms: KeyTerms
) -> ApiKey:
    """Store a key by its hash."""
    cursor = await connection.execute(
        "INSERT INTO api_keys"  # noqa: S608 - constants of ours
        " (id, account_id, name, key_hash, expires_at, rate_limit, inflight_limit, monthly_quota)"
        f" VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}",
        (
            *(key_id, account_id, terms.name, key_hash, terms.expires_at),
            *(terms.rate_limit, terms.inflight_limit, terms.monthly_quota),
        ),
    )
    (row,) = await cursor.fetchall()
    return _key(row)


async def list_keys(connection: Connection, *, account_id: str | None) -> list[ApiKey]:
    """Return the keys of one account or of all, oldest first."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM api_keys"  # noqa: S608 - constants of ours
        " WHERE %(account_id)s::text IS NULL OR account_id = %(account_id)s"
        " ORDER BY created_at, id",
        {"account_id": account_id},
    )
    return [_key(row) for row in await cursor.fetchall()]


async def find_key(connection: Connection, key_id: str) -> ApiKey | None:
    """Return a key, or None."""
    cursor = await connection.execute(
        f"SELECT {_COLUMNS} FROM api_keys WHERE id = %s",  # noqa: S608 - constants of ours
        (key_id,),
    )
    row = await cursor.fetchone()
    return _key(row) if row else None


async def revoke_key(connection: Connection, key_id: str) -> ApiKey | None:
    """Revoke a key, for good; None when there is none. Revoked twice, the first time counts."""
    cursor = await connection.execute(
        "UPDATE api_keys"  # noqa: S608 - constants of ours
        " SET revoked_at = coalesce(revoked_at, now())"
        f" WHERE id = %s RETURNING {_COLUMNS}",
        (key_id,),
    )
    row = await cursor.fetchone()
    return _key(row) if row else None


async def find_caller(connection: Connection, key_hash: bytes) -> Caller | None:
    """Return whom a key stands for, or None when it is unknown, revoked or expired."""
    cursor = await connection.execute(
        "SELECT account_id, id, rate_limit, inflight_limit, monthly_quota,"
        "       extract(epoch FROM expires_at - now())::float8"
        "  FROM api_keys WHERE key_hash = %s"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
        (key_hash,),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    return Caller(
        account_id=row[0],
        key_id=row[1],
        rate_limit=row[2],
        inflight_limit=row[3],
        monthly_quota=row[4],
        expires_in_s=row[5],
    )


async def set_limits(
    connection: Connection, key_id: str, limits: Mapping[str, int | None]
) -> ApiKey | None:
    """Set those of a key's own limits that are named; None when there is no such key."""
    names = [name for name in ("rate_limit", "inflight_limit", "monthly_quota") if name in limits]
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in names
    )
    cursor = await connection.execute(
        sql.SQL(
            "UPDATE api_keys SET {} WHERE id = %(id)s RETURNING " + _COLUMNS  # noqa: S608 - ours
        ).format(assignments),
        {"id": key_id, **limits},
    )
    row = await cursor.fetchone()
    return _key(row) if row else None


async def note_use(connection: Connection, key_ids: Sequence[str]) -> None:
    """Note that keys were used just now, at most once a minute each."""
    await connection.execute(
        "UPDATE api_keys SET last_used_at = now() WHERE id IN ("
        " SELECT id FROM api_keys WHERE id = ANY(%s) AND (last_used_at IS NULL"
        " OR last_used_at < now() - %s * interval '1 second') FOR UPDATE SKIP LOCKED)",
        (list(key_ids), _USE_RESOLUTION),
    )


def _key(row: Sequence[Any]) -> ApiKey:
    return ApiKey(
        id=row[0],
        account_id=row[1],
        name=row[2],
        created_at=row[3],
        last_used_at=row[4],
        expires_at=row[5],
        revoked_at=row[6],
        rate_limit=row[7],
        inflight_limit=row[8],
        monthly_quota=row[9],
    )
