"""Statements about vantage points."""

from collections.abc import Collection

from services.scheduler.store.database import Connection


async def note_presence(connection: Connection, names: Collection[str]) -> None:
    """Note that a prober of each of these said just now that it is alive."""
    await connection.execute(
        "INSERT INTO vantage_points (name, last_seen_at)"
        " SELECT name, now() FROM unnest(%s::text[]) AS seen (name) ORDER BY name"
        " ON CONFLICT (name) DO UPDATE SET last_seen_at = excluded.last_seen_at",
        (sorted(names),),
    )


async def list_present(connection: Connection, *, within_s: float) -> list[str]:
    """Return where a prober said within the last seconds that it is alive."""
    cursor = await connection.execute(
        "SELECT name FROM vantage_points"
        " WHERE last_seen_at > now() - %s * interval '1 second' ORDER BY name",
        (within_s,),
    )
    return [name for (name,) in await cursor.fetchall()]
