"""Statements about what each target was granted."""

from collections.abc import Mapping, Sequence

from services.scheduler.domain.budget import Ledger
from services.scheduler.store.database import Connection


async def lock_ledgers(
    connection: Connection, targets: Sequence[str]
) -> tuple[dict[str, Ledger], float]:
    """Lock the ledgers of these targets, made where missing; return them and the time after it.

    Rows are locked in order of target, so that no two transactions wait for each other. The time
    is in Unix seconds, the same clock for every scheduler.
    """
    cursor = await connection.execute(
        """
        INSERT INTO target_budgets (target, seconds, requests, last_second)
        SELECT target, '{}', '{}', 0 FROM unnest(%s::text[]) AS wanted (target) ORDER BY target
            ON CONFLICT (target) DO UPDATE SET target = excluded.target
        RETURNING target, seconds, requests, extract(epoch FROM clock_timestamp())::float8
        """,
        (sorted(targets),),
    )
    rows = await cursor.fetchall()
    ledgers = {
        target: Ledger(seconds=tuple(seconds), requests=tuple(requests))
        for target, seconds, requests, _ in rows
    }
    return ledgers, max((now_s for *_, now_s in rows), default=0.0)


async def save_ledgers(connection: Connection, ledgers: Mapping[str, Ledger]) -> None:
    """Store ledgers that this transaction has locked."""
    await connection.execute(
        """
        UPDATE target_budgets
           SET seconds = string_to_array(new.seconds, ' ')::bigint[],
               requests = string_to_array(new.requests, ' ')::integer[],
               last_second = new.last_second
          FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
               AS new (target, seconds, requests, last_second)
         WHERE target_budgets.target = new.target
        """,
        (
            list(ledgers),
            [" ".join(map(str, ledger.seconds)) for ledger in ledgers.values()],
            [" ".join(map(str, ledger.requests)) for ledger in ledgers.values()],
            [max(ledger.seconds, default=0) for ledger in ledgers.values()],
        ),
    )


async def delete_idle_ledgers(connection: Connection, *, idle_s: float, limit: int) -> int:
    """Delete ledgers of targets that were granted nothing for so long; return how many.

    The table is read whole: an index on the time would make every grant dearer.
    """
    cursor = await connection.execute(
        """
        DELETE FROM target_budgets WHERE target IN (
            SELECT target FROM target_budgets
             WHERE last_second < extract(epoch FROM now()) - %s
             LIMIT %s FOR UPDATE SKIP LOCKED)
        """,
        (idle_s, limit),
    )
    return cursor.rowcount
