"""Brings the database to the schema this code needs: numbered files, forward only, each once.

Several schedulers may start at once: they take turns under an advisory lock. A file must work with
the code before and after it.

A statement that waits for a lock on a table holds up everybody who comes after it. So it waits for
two seconds at most, and is tried again a while later. A file that begins with OUTSIDE is not one
transaction: index after index is built beside whoever reads and writes, and a file that was cut off
is done again from its beginning.
"""

import asyncio
import re
from importlib.resources import files
from typing import Final

import psycopg

from outscope.errors import Unavailable
from outscope.telemetry.logs import logger
from services.scheduler.store.database import Connection
from services.scheduler.store.url import checked_url

log = logger(__name__)

# The first line of a file that is no transaction begins so.
OUTSIDE: Final = "-- Outside a transaction"
LOCK_TIMEOUT_S: Final = 2

# Any number, the same in every scheduler; this one is "outscope" in telephone letters.
_LOCK: Final = 68_872_673
_FILE_NAME: Final = re.compile(r"(\d{4})_(\w+)\.sql")
_COMMENT: Final = re.compile(r"--.*")
_CONCURRENTLY: Final = re.compile(r"\bCONCURRENTLY\b", re.IGNORECASE)
_TRIES: Final = 20
_PAUSE_S: Final = 1.0
_TURN_EVERY_S: Final = 0.2
_IN_THE_WAY: Final = (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected)


async def migrate(url: str) -> list[str]:
    """Apply what is missing, in order; return the names of the files applied."""
    try:
        return await _migrate(checked_url(url))
    except _IN_THE_WAY as error:
        raise Unavailable(
            f"A migration cannot be applied now, others use its table: {error}"
        ) from (error)
    except psycopg.OperationalError as error:
        raise Unavailable(f"The database does not answer: {error}") from error


def statements_of(text: str) -> list[str]:
    """Return the statements of a file without its comments; no string in it has a semicolon."""
    return [each.strip() for each in _COMMENT.sub("", text).split(";") if each.strip()]


def migrations() -> list[tuple[int, str, str]]:
    """Return version, name and text of every migration, in order."""
    found = []
    for file in files("services.scheduler.store").joinpath("migrations").iterdir():
        matched = _FILE_NAME.fullmatch(file.name)
        if matched is not None:
            found.append((int(matched[1]), file.name, file.read_text("utf-8")))
    return sorted(found)


async def _migrate(url: str) -> list[str]:
    connection: Connection
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await _wait_for_turn(connection)
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " version integer PRIMARY KEY, name text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known = await _applied_versions(connection)
        missing = [each for each in migrations() if each[0] not in known]
        for version, name, text in missing:
            await _apply(connection, version, name, text)
    return [name for _, name, _ in missing]


async def _wait_for_turn(connection: Connection) -> None:
    """Take the lock of all schedulers.

    Asked again and again: a statement that waits for it would hold a snapshot, for the end of which
    an index that is built concurrently waits in turn.
    """
    while True:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_LOCK,))
        if await cursor.fetchone() == (True,):
            return
        await asyncio.sleep(_TURN_EVERY_S)


async def _applied_versions(connection: Connection) -> set[int]:
    cursor = await connection.execute("SELECT version FROM schema_migrations")
    return {version for (version,) in await cursor.fetchall()}


async def _apply(connection: Connection, version: int, name: str, text: str) -> None:
    """Apply one file; when a lock is not to be had in time, a while later."""
    apply = _apply_apart if text.startswith(OUTSIDE) else _apply_whole
    for tries_left in reversed(range(_TRIES)):
        try:
            await apply(connection, version, name, text)
        except _IN_THE_WAY as error:
            if not tries_left:
                raise
            log.warning("migration waits for its table", name=name, cause=error)
            await asyncio.sleep(_PAUSE_S)
        else:
            log.info("migration applied", version=version, name=name)
            return


async def _apply_whole(connection: Connection, version: int, name: str, text: str) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT_S}s'")
        await connection.execute(text)
        await _note(connection, version, name)


async def _apply_apart(connection: Connection, version: int, name: str, text: str) -> None:
    for statement in statements_of(text):
        # Whoever reads or writes does not wait for one that waits its turn concurrently.
        timeout_s = 0 if _CONCURRENTLY.search(statement) else LOCK_TIMEOUT_S
        await connection.execute(f"SET lock_timeout = '{timeout_s}s'")
        await connection.execute(statement)
    await _note(connection, version, name)


async def _note(connection: Connection, version: int, name: str) -> None:
    await connection.execute(
        "INSERT INTO schema_migrations (version, name) VALUES (%s, %s)", (version, name)
    )
