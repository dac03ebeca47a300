"""Statements about vantage points."""

from collections.abc import Collection

from services.scheduler.store.database import Connection


async def add_vantage_points(connection: Connection, names: Collection[str]) -> None:
    """Make the vantage points that are missing."""
    await connection.execute(
        "INSERT INTO vantage_points (name) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (sorted(names),),
    )


async def note_presence(connection: Connection, names: Collection[str]) -> None:
    """Note that a prober of each of these said just now that it is alive."""
    await connection.execute(
        "INSERT INTO vantage_points (name, last_seen_at)"
        " SELECT name, now() FROM unnest(%s::text[]) AS seen (name) ORDER BY name"
        " ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at",
        (sorted(names),),
    )


async def list_vantage_points(connection: Connection) -> list[str]:
    """Return the names of all vantage points."""
    cursor = await connection.execute("SELECT name FROM vantage_points ORDER BY name")
    return [name for (name,) in await cursor.fetchall()]
