"""The Idempotency-Key of a request, and the header of an answer that was given before.

Source: draft-ietf-httpapi-idempotency-key-header.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from pydantic_core import to_json
from starlette.datastructures import Headers

from outscope.idempotency import IDEMPOTENCY_HEADER, idempotency_key_in
from services.gateway.calls import Caller

REPLAY_HEADERS: Final[Mapping[str, str]] = {
    "Idempotent-Replayed": "true when an earlier request with this key was answered so."
}


class Answered(Protocol):
    """The scheduler's answer to a request that creates."""

    @property
    def replayed(self) -> bool:
        """Whether an earlier request with the same key was answered so."""


def with_idempotency_key(caller: Caller, headers: Headers) -> Caller:
    """Return a caller with the key of its request, or raise InvalidRequest."""
    key = idempotency_key_in(headers.getlist(IDEMPOTENCY_HEADER))
    return caller if key is None else replace(caller, idempotency_key=key)


def asking_beside(caller: Caller, unsent: Sequence[tuple[int, object]]) -> Caller:
    """Return a caller whose key stands for these items, by their place, beside what is sent."""
    if not unsent or not caller.idempotency_key:
        return caller
    return replace(caller, idempotency_beside=hashlib.sha256(to_json(unsent)).hexdigest())


def replay_headers(answer: Answered) -> dict[str, str]:
    """Return the header that tells a replayed answer; nothing for a new one."""
    return dict.fromkeys(REPLAY_HEADERS, "true") if answer.replayed else {}
