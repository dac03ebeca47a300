"""Counts the pages that statements touch: what a call costs wherever it runs.

Counted by Postgres for each table and each index, TOAST included, whether a page was in memory or
not; so two databases can be compared on a machine that does other things, too.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import psycopg

from services.scheduler.store.database import Connection, Database

_TOUCHED: Final = """
    SELECT sum(coalesce(heap_blks_read, 0) + coalesce(heap_blks_hit, 0)
             + coalesce(idx_blks_read, 0) + coalesce(idx_blks_hit, 0)
             + coalesce(toast_blks_read, 0) + coalesce(toast_blks_hit, 0)
             + coalesce(tidx_blks_read, 0) + coalesce(tidx_blks_hit, 0))::bigint
      FROM pg_statio_user_tables
"""
# A session tells its counts now and then; after this, at the end of the statement.
_FLUSH: Final = "SELECT pg_stat_force_next_flush()"
_READ_WHOLE: Final = "SELECT sum(seq_scan)::bigint FROM pg_stat_user_tables"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one call cost."""

    buffers: int
    # Tables read from beginning to end.
    tables_read_whole: int
    seconds: float


class Meter:
    """Measures calls, one after the other, on a database that nobody else uses."""

    def __init__(self, database: Database, meter: Connection) -> None:
        self._database = database
        self._meter = meter

    async def cost(self, call: Callable[[Connection], Awaitable[object]]) -> Cost:
        """Make a call in a transaction of its own and return what it cost."""
        touched, read_whole = await self._count(_TOUCHED), await self._count(_READ_WHOLE)
        async with self._database.session() as connection:
            started_s = time.perf_counter()
            async with connection.transaction():
                await call(connection)
            seconds = time.perf_counter() - started_s
            await connection.execute(_FLUSH)
        return Cost(
            buffers=await self._count(_TOUCHED) - touched,
            tables_read_whole=await self._count(_READ_WHOLE) - read_whole,
            seconds=seconds,
        )

    async def prepare(self, call: Callable[[Connection], Awaitable[object]]) -> None:
        """Make a call that is not counted."""
        async with self._database.session() as connection:
            await call(connection)
            await connection.execute(_FLUSH)

    async def _count(self, statement: str) -> int:
        cursor = await self._meter.execute(statement)
        ((count,),) = await cursor.fetchall()
        return int(count)


async def connect_meter(url: str) -> Connection:
    """Return the connection that counts are read on."""
    meter: Connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    return meter
