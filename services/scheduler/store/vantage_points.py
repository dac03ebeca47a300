"""Statements about vantage points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scheduler.store.database import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedVantage:
    """What is noted of a vantage point."""

    name: str
    tags: tuple[str, ...]
    # A prober said within the time asked for that it is alive.
    is_present: bool
    # The account that alone may use it; None: everybody may.
    owner: str | None = None


async def note_presence(connection: Connection, tags: Mapping[str, Sequence[str]]) -> None:
    """Note that a prober of each of these said just now that it is alive, and under which tags."""
    names = sorted(tags)
    await connection.execute(
        "INSERT INTO vantage_points (name, last_seen_at, tags)"
        " SELECT name, now(), string_to_array(tags, ',')"
        " FROM unnest(%s::text[], %s::text[]) AS seen (name, tags) ORDER BY name"
        " ON CONFLICT (name) DO UPDATE"
        " SET last_seen_at = excluded.last_seen_at, tags = excluded.tags",
        (names, [",".join(tags[name]) for name in names]),
    )


async def list_noted(connection: Connection, *, present_s: float) -> list[NotedVantage]:
    """Return every vantage point ever noted, by name; present for so many seconds after a word."""
    cursor = await connection.execute(
        "SELECT name, tags, coalesce(last_seen_at > now() - %s * interval '1 second', false),"
        " account_id"
        " FROM vantage_points ORDER BY name",
        (present_s,),
    )
    return [
        NotedVantage(name=name, tags=tuple(tags), is_present=is_present, owner=owner)
        for name, tags, is_present, owner in await cursor.fetchall()
    ]


async def give(connection: Connection, name: str, account_id: str) -> bool:
    """Have a vantage point be of one account alone; False when there is no such account."""
    cursor = await connection.execute(
        "INSERT INTO vantage_points (name, account_id)"
        " SELECT %(name)s, id FROM accounts WHERE id = %(account_id)s"
        " ON CONFLICT (name) DO UPDATE SET account_id = excluded.account_id",
        {"name": name, "account_id": account_id},
    )
    return cursor.rowcount == 1


async def share(connection: Connection, name: str) -> bool:
    """Have a vantage point be everybody's; False when it was nobody's own."""
    cursor = await connection.execute(
        "UPDATE vantage_points SET account_id = NULL WHERE name = %s AND account_id IS NOT NULL",
        (name,),
    )
    return cursor.rowcount == 1
