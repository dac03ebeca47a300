"""Tells, inside a transaction that is to create, which requests under a key may do so.

Law: whoever is told FRESH creates in this transaction, or releases the key in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from outscope.errors import IdempotencyConflict
from services.scheduler.domain.idempotency import KeptAnswer, KeyedRequest, KeyName
from services.scheduler.store.database import Connection
from services.scheduler.store.idempotency import claim_keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What the same request was answered before: a serialised response."""

    answer: bytes


class Turn(Enum):
    """Whether a request is to be carried out now."""

    FRESH = auto()
    # Another request of the group has the key first, and nobody knows yet what comes of it.
    HELD_BACK = auto()


Standing: TypeAlias = Turn | Replay | IdempotencyConflict


async def standings_of(
    connection: Connection, requests: Sequence[KeyedRequest | None]
) -> list[Standing]:
    """Return how each request of a group stands, and claim the keys of those that are FRESH."""
    first: dict[KeyName, KeyedRequest] = {}
    for request in requests:
        if request is not None:
            first.setdefault(request.name, request)
    known = await claim_keys(connection, first.values()) if first else {}
    return [
        Turn.FRESH if request is None else _standing(request, first[request.name], known)
        for request in requests
    ]


def _standing(
    request: KeyedRequest, first: KeyedRequest, known: dict[KeyName, KeptAnswer]
) -> Standing:
    kept = known.get(request.name)
    if kept is None:
        return Turn.FRESH if request is first else Turn.HELD_BACK
    try:
        return Replay(answer=kept.to(request))
    except IdempotencyConflict as refusal:
        return refusal
