"""Statements about keys that the system makes for itself."""

from services.scheduler.store.database import Connection


async def secret_key(connection: Connection, name: str, fresh: bytes) -> bytes:
    """Return the key of this name; fresh becomes it when there is none yet."""
    await connection.execute(
        "INSERT INTO secrets (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING", (name, fresh)
    )
    cursor = await connection.execute("SELECT value FROM secrets WHERE name = %s", (name,))
    ((value,),) = await cursor.fetchall()
    return bytes(value)
