"""Requests under an idempotency key, as the methods that create see them.

Law: a key is claimed, and its answer kept, in the transaction that creates; what is refused after
the claim is raised out of that transaction, which frees the key.
"""

from collections.abc import Callable

from google.protobuf.message import Message

from outscope.idempotency import idempotency_key_in
from outscope.rpc.interceptors import Context
from outscope.rpc.metadata import IDEMPOTENCY_BESIDE, IDEMPOTENCY_KEY, value_in
from services.scheduler.domain.api_key import Caller
from services.scheduler.domain.idempotency import KeyedRequest, fingerprint_of
from services.scheduler.loops.keyed import Replay, Turn, standings_of
from services.scheduler.store.database import Connection, Database
from services.scheduler.store.idempotency import find_answer, keep_answers


def keyed_request(
    context: Context, caller: Caller, operation: str, normalised: Callable[[], Message]
) -> KeyedRequest | None:
    """Return a request under the key in its call's metadata; None without one.

    Raises InvalidRequest for a key that can be none.
    """
    metadata = list(context.invocation_metadata() or ())
    key = idempotency_key_in([str(value) for name, value in metadata if name == IDEMPOTENCY_KEY])
    if key is None:
        return None
    return KeyedRequest(
        account_id=caller.account_id,
        operation=operation,
        key=key,
        fingerprint=fingerprint_of(
            normalised().SerializeToString(deterministic=True),
            value_in(metadata, IDEMPOTENCY_BESIDE) or "",
        ),
    )


async def answer_before(database: Database, request: KeyedRequest | None) -> bytes | None:
    """Return what a request was answered before; raises IdempotencyConflict.

    For what must not be looked at again when it was done already; the claim decides.
    """
    if request is None:
        return None
    async with database.session() as connection:
        kept = await find_answer(connection, request)
    return None if kept is None else kept.to(request)


async def claim(connection: Connection, request: KeyedRequest | None) -> bytes | None:
    """Claim a request's key, or return what the request was answered before.

    Raises IdempotencyConflict.
    """
    (standing,) = await standings_of(connection, [request])
    if isinstance(standing, Replay):
        return standing.answer
    if isinstance(standing, Turn):
        return None
    raise standing


async def keep(connection: Connection, request: KeyedRequest | None, answer: Message) -> None:
    """Keep the answer to a request whose key this transaction has claimed."""
    if request is not None:
        await keep_answers(connection, {request.name: answer.SerializeToString()})
