"""Statements that go through everything stored under seal, whatever it is of a webhook."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, LiteralString

from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumn:
    """A column whose values are stored under seal, in rows that a webhook's id tells apart."""

    table: LiteralString
    webhook_id: LiteralString
    column: LiteralString


SEALED_COLUMNS: Final = (
    SealedColumn(table="webhooks", webhook_id="id", column="secret"),
    SealedColumn(table="webhooks", webhook_id="id", column="signing_key"),
    SealedColumn(table="webhooks", webhook_id="id", column="headers"),
    SealedColumn(table="webhook_old_secrets", webhook_id="webhook_id", column="secret"),
)


async def webhook_ids_after(connection: Connection, last: str, *, limit: int) -> list[str]:
    """Return the ids of webhooks that follow an id, in order."""
    cursor = await connection.execute(
        "SELECT id FROM webhooks WHERE id > %s ORDER BY id LIMIT %s", (last, limit)
    )
    return [webhook_id for (webhook_id,) in await cursor.fetchall()]


async def stored_values(
    connection: Connection, where: SealedColumn, webhook_ids: Collection[str]
) -> list[tuple[str, str]]:
    """Return what is stored of these webhooks, each value with the id of its webhook."""
    cursor = await connection.execute(
        f"SELECT {where.webhook_id}, {where.column} FROM {where.table}"  # noqa: S608 - our own words
        f" WHERE {where.webhook_id} = ANY(%s) AND {where.column} <> ''",
        (list(webhook_ids),),
    )
    return await cursor.fetchall()


async def replace_value(
    connection: Connection, where: SealedColumn, webhook_id: str, *, before: str, after: str
) -> bool:
    """Store another form of a value; False when it was changed or deleted meanwhile."""
    cursor = await connection.execute(
        f"UPDATE {where.table} SET {where.column} = %s"  # noqa: S608 - our own words
        f" WHERE {where.webhook_id} = %s AND {where.column} = %s",
        (after, webhook_id, before),
    )
    return cursor.rowcount == 1
