"""Connections to Postgres: a pool that survives its restarts and tells when it is away.

While Postgres does not answer, callers get the refusal Unavailable; it is no defect of ours. No
statement goes on after the deadline of the caller it is for, nor after that caller has hung up.
While Postgres answers too slowly for what is asked, whoever comes new is told Overloaded at once:
to wait in line for longer than the line has stood still already helps nobody.
"""

import asyncio
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolClosed, PoolTimeout

from outscope.deadline import remaining_s
from outscope.errors import DeadlineExceeded, Overloaded, Unavailable
from services.scheduler.store.url import checked_url


class StatementTimeout(Unavailable):
    """Postgres answers, and ended a statement that took too long: less at once may do."""


Connection: TypeAlias = AsyncConnection[TupleRow]

_MIN_CONNECTIONS: Final = 2
_MAX_CONNECTIONS: Final = 12
# How many calls may wait for a connection, and for how long the first of them before whoever comes
# new is not let in any more.
_MAX_WAITING: Final = 2000
STANDS_STILL_S: Final = 1.0
_CONNECT_TIMEOUT_S: Final = 5
# How long a call waits for a free connection before it is told to come back.
_PATIENCE_S: Final = 5.0
# The pool's own retries back off without bound. Ended this early, each call that finds no
# connection starts anew, so that we are back a second after Postgres is.
_RECONNECT_TIMEOUT_S: Final = 2.0
_RETRY_AFTER_S: Final = 2
_STATEMENT_TIMEOUT_S: Final = 8
_IDLE_TIMEOUT_S: Final = 30
# Every statement finds its rows by an index, one after the other. Left to itself the planner would
# read whole tables while they are small, and a prepared statement would keep that plan when they
# are large.
_OPTIONS: Final = (
    f"-c statement_timeout={_STATEMENT_TIMEOUT_S}s"
    f" -c idle_in_transaction_session_timeout={_IDLE_TIMEOUT_S}s"
    " -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"
)

_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, PoolClosed)


class Database:
    """A pool of connections."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool
        # When each call that waits for a connection began to, by the loop's clock, oldest first.
        self._waiting: dict[object, float] = {}
        self._in_use = 0

    def too_slow(self) -> Unavailable:
        """Return what to tell whoever is not let in: that Postgres is busy, or that it is away."""
        if self._in_use:
            return Overloaded(
                "The database is too busy to begin this now; try again in a moment",
                retry_after_s=_RETRY_AFTER_S,
            )
        return Unavailable("The database does not answer; try again in a moment")

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """Lend a connection on which every statement is a transaction of its own.

        Where the caller's deadline is nearer than the time any statement has, all of them are one
        transaction, and each ends by then; raises DeadlineExceeded.
        """
        async with self._lent(is_transaction=False) as connection:
            yield connection

    @asynccontextmanager
    async def _connection(self, patience_s: float) -> AsyncIterator[Connection]:
        """Wait for a connection in a line that has a bound."""
        now_s = asyncio.get_running_loop().time()
        oldest_s = next(iter(self._waiting.values()), now_s)
        if len(self._waiting) >= _MAX_WAITING or (
            self._in_use and now_s - oldest_s > STANDS_STILL_S
        ):
            raise self.too_slow()
        place = object()
        self._waiting[place] = now_s
        try:
            async with self._pool.connection(patience_s) as connection:
                del self._waiting[place]
                self._in_use += 1
                try:
                    yield connection
                finally:
                    self._in_use -= 1
        finally:
            self._waiting.pop(place, None)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection in a transaction: committed at the end, rolled back on an error."""
        async with self._lent(is_transaction=True) as connection:
            yield connection

    @asynccontextmanager
    async def _lent(self, *, is_transaction: bool) -> AsyncIterator[Connection]:
        limit_s = _limit_s()
        patience_s = self._pool.timeout if limit_s is None else min(limit_s, self._pool.timeout)
        try:
            async with self._connection(patience_s) as connection:
                if limit_s is None and not is_transaction:
                    yield connection
                    return
                async with connection.transaction():
                    if limit_s is not None:
                        await _limit_statements(connection, limit_s)
                    yield connection
        except psycopg.errors.QueryCanceled as error:
            if limit_s is not None:
                raise _too_late() from error
            raise StatementTimeout(
                "The database took too long over this; try again in a moment"
            ) from error
        except _AWAY as error:
            if isinstance(error, PoolTimeout) and limit_s is not None and limit_s <= patience_s:
                raise _too_late() from error
            raise Unavailable("The database does not answer; try again in a moment") from error

    async def answers(self) -> bool:
        """Tell whether Postgres answers now."""
        try:
            async with self.session() as connection:
                await connection.execute("SELECT 1")
        except Unavailable:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Connections for two purposes, so that neither takes those of the other."""

    # For what callers ask.
    calls: Database
    # For what must go on however much is asked: storing, handing out, recording.
    work: Database


def _limit_s() -> float | None:
    """Return how long a statement may take, where the caller waits less long than any may."""
    left_s = remaining_s()
    if left_s is None or left_s >= _STATEMENT_TIMEOUT_S:
        return None
    if left_s <= 0:
        raise _too_late()
    return left_s


async def _limit_statements(connection: Connection, limit_s: float) -> None:
    """Have Postgres itself end statements of this transaction, even when we are gone by then."""
    limit_ms = max(1, int(limit_s * 1000))
    # Never prepared: the text is another one each time.
    await connection.execute(
        sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(limit_ms)), prepare=False
    )


def _too_late() -> DeadlineExceeded:
    return DeadlineExceeded("The database did not answer before the caller's deadline")


@asynccontextmanager
async def open_database(
    url: str, *, patience_s: float = _PATIENCE_S, connections: int = _MAX_CONNECTIONS
) -> AsyncIterator[Database]:
    """Open a pool of so many; it connects in the background for as long as it takes."""

    async def check(connection: Connection) -> None:
        if _has_something_to_read(connection):
            await _check(connection, pool)

    pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
        checked_url(url),
        min_size=_MIN_CONNECTIONS,
        max_size=connections,
        timeout=patience_s,
        reconnect_timeout=_RECONNECT_TIMEOUT_S,
        check=check,
        kwargs={
            "autocommit": True,
            "application_name": "outscope-scheduler",
            "connect_timeout": _CONNECT_TIMEOUT_S,
            "options": _OPTIONS,
        },
        open=False,
    )
    async with pool:
        yield Database(pool)


def _has_something_to_read(connection: Connection) -> bool:
    """Tell whether an idle connection must be checked: a server that went away said so there."""
    watched = select.poll()
    watched.register(connection.fileno(), select.POLLIN)
    return bool(watched.poll(0))


async def _check(connection: Connection, pool: AsyncConnectionPool[Connection]) -> None:
    try:
        await AsyncConnectionPool.check_connection(connection)
    except psycopg.Error:
        # The others were cut by the same restart: drop them now, not one by one.
        await pool.check()
        raise
