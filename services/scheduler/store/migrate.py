"""Brings the database to the schema this code needs: numbered files, forward only, each once.

Several schedulers may start at once: they take turns under an advisory lock. A file must work with
the code before and after it.
"""

import re
from importlib.resources import files
from typing import Final

import psycopg

from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.store.database import Connection
from services.scheduler.store.url import checked_url

log = logger(__name__)

# Any number, the same in every scheduler; this one is "outscope" in telephone letters.
_LOCK: Final = 68_872_673
_FILE_NAME: Final = re.compile(r"(\d{4})_(\w+)\.sql")


async def migrate(url: str) -> list[str]:
    """Apply what is missing, in order; return the names of the files applied."""
    try:
        return await _migrate(checked_url(url))
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database does not answer: {error}") from error


async def _migrate(url: str) -> list[str]:
    connection: Connection
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " version integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = await _applied_versions(connection)
        missing = [each for each in _migrations() if each[0] not in known]
        for version, name, statements in missing:
            await _apply(connection, version, name, statements)
    return [name for _, name, _ in missing]


async def _applied_versions(connection: Connection) -> set[int]:
    cursor = await connection.execute("SELECT version FROM schema_migrations")
    return {version for (version,) in await cursor.fetchall()}


async def _apply(connection: Connection, version: int, name: str, statements: str) -> None:
    async with connection.transaction():
        await connection.execute(statements)
        await connection.execute(
            "INSERT INTO schema_migrations (version, name) VALUES (%s, %s)", (version, name)
        )
    log.info("migration applied", version=version, name=name)


def _migrations() -> list[tuple[int, str, str]]:
    """Return version, name and statements of every migration, in order."""
    found = []
    for file in files("services.scheduler.store").joinpath("migrations").iterdir():
        matched = _FILE_NAME.fullmatch(file.name)
        if matched is not None:
            found.append((int(matched[1]), file.name, file.read_text("utf-8")))
    return sorted(found)
