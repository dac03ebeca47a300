"""A request under an idempotency key, and what is answered when it is sent again.

Law: a key stands for one request of one account to one operation, from when something was created
under it until its time is over. A request that was refused has created nothing and leaves no trace.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, TypeAlias

from outscope.errors import IdempotencyConflict
from outscope.idempotency import IDEMPOTENCY_HEADER

KEPT_S: Final = 24 * 3600.0

# Account, operation and key.
KeyName: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request that carries a key."""

    account_id: str
    # The method of the contract, such as CreateCheck.
    operation: str
    key: str
    # SHA-256 of the request, normalised.
    fingerprint: bytes

    @property
    def name(self) -> KeyName:
        """What the key is known by."""
        return self.account_id, self.operation, self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """What a request under a key was answered."""

    fingerprint: bytes
    # A serialised response.
    answer: bytes

    def to(self, request: KeyedRequest) -> bytes:
        """Return the answer when it was the same request, or raise IdempotencyConflict."""
        if request.fingerprint != self.fingerprint:
            raise IdempotencyConflict(
                f"This {IDEMPOTENCY_HEADER} stands for another request, sent within the last 24 "
                "hours; take a new key for a new request",
                field=IDEMPOTENCY_HEADER,
                value=request.key,
            )
        return self.answer


def fingerprint_of(request: bytes, beside: str) -> bytes:
    """Return the fingerprint of a normalised request and of what was asked beside it."""
    return hashlib.sha256(len(request).to_bytes(8) + request + beside.encode()).digest()
