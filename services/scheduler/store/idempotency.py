"""Statements about idempotency keys; run in the transaction that creates under them.

Of transactions that claim one key the second waits until the first has ended, and then finds its
answer, or the key free. Keys are claimed before anything else is locked and in order of name, so
that no two transactions wait for each other.
"""

from collections.abc import Collection, Mapping

from services.scheduler.domain.idempotency import KEPT_S, KeptAnswer, KeyedRequest, KeyName
from services.scheduler.store.database import Connection


async def claim_keys(
    connection: Connection, requests: Collection[KeyedRequest]
) -> dict[KeyName, KeptAnswer]:
    """Claim the keys of requests, each name once; return the answers of those that have one.

    What is claimed must have been given an answer or be released before the transaction ends.
    """
    ordered = sorted(requests, key=lambda request: request.name)
    cursor = await connection.execute(
        """
        INSERT INTO idempotency_keys AS known (account_id, operation, key, fingerprint, created_at)
        SELECT account_id, operation, key, fingerprint, now()
          FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[])
               WITH ORDINALITY AS asked (account_id, operation, key, fingerprint, place)
         ORDER BY place
            ON CONFLICT (account_id, operation, key) DO UPDATE
           SET fingerprint = excluded.fingerprint, answer = NULL, created_at = now()
         WHERE known.created_at <= now() - %s * interval '1 second'
        RETURNING account_id, operation, key
        """,
        (*_columns([request.name for request in ordered]), _fingerprints(ordered), KEPT_S),
    )
    claimed = set(await cursor.fetchall())
    known = [request.name for request in ordered if request.name not in claimed]
    return await _find_answers(connection, known) if known else {}


async def find_answer(connection: Connection, request: KeyedRequest) -> KeptAnswer | None:
    """Return what is answered under a request's key, without claiming it."""
    return (await _find_answers(connection, [request.name])).get(request.name)


async def keep_answers(connection: Connection, answers: Mapping[KeyName, bytes]) -> None:
    """Store what is answered under keys that this transaction has claimed."""
    await connection.execute(
        """
        UPDATE idempotency_keys AS known SET answer = told.answer
          FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[])
               AS told (account_id, operation, key, answer)
         WHERE (known.account_id, known.operation, known.key)
             = (told.account_id, told.operation, told.key)
        """,
        (*_columns(answers), list(answers.values())),
    )


async def release_keys(connection: Connection, names: Collection[KeyName]) -> None:
    """Free keys that this transaction has claimed and created nothing under."""
    await connection.execute(
        """
        DELETE FROM idempotency_keys AS known
         USING unnest(%s::text[], %s::text[], %s::text[]) AS told (account_id, operation, key)
         WHERE (known.account_id, known.operation, known.key)
             = (told.account_id, told.operation, told.key)
        """,
        _columns(names),
    )


async def delete_expired_keys(connection: Connection, *, kept_s: float, limit: int) -> int:
    """Delete at most limit keys that are older than that; return how many."""
    cursor = await connection.execute(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM idempotency_keys
             WHERE created_at <= now() - %s * interval '1 second'
             ORDER BY created_at LIMIT %s FOR UPDATE SKIP LOCKED))
        """,
        (kept_s, limit),
    )
    return cursor.rowcount


async def _find_answers(
    connection: Connection, names: Collection[KeyName]
) -> dict[KeyName, KeptAnswer]:
    cursor = await connection.execute(
        """
        SELECT known.account_id, known.operation, known.key, fingerprint, answer
          FROM unnest(%s::text[], %s::text[], %s::text[]) AS told (account_id, operation, key)
          JOIN idempotency_keys AS known
            ON (known.account_id, known.operation, known.key)
             = (told.account_id, told.operation, told.key)
         WHERE known.created_at > now() - %s * interval '1 second'
        """,
        (*_columns(names), KEPT_S),
    )
    return {
        (account_id, operation, key): KeptAnswer(fingerprint=fingerprint, answer=answer)
        for account_id, operation, key, fingerprint, answer in await cursor.fetchall()
    }


def _columns(names: Collection[KeyName]) -> tuple[list[str], list[str], list[str]]:
    ordered = list(names)
    return (
        [name[0] for name in ordered],
        [name[1] for name in ordered],
        [name[2] for name in ordered],
    )


def _fingerprints(requests: Collection[KeyedRequest]) -> list[bytes]:
    return [request.fingerprint for request in requests]
