"""The metadata keys of our gRPC calls, and how credentials stand in them."""

from collections.abc import Iterable
from typing import Final

X_API_KEY: Final = "x-api-key"
AUTHORIZATION: Final = "authorization"
X_REQUEST_ID: Final = "x-request-id"
# In what ends a call: the account that its API key stands for.
X_ACCOUNT_ID: Final = "x-account-id"
IDEMPOTENCY_KEY: Final = "idempotency-key"
# A digest of what a request asked beside the message that is sent for it, such as the items of a
# batch that were refused before: the same key stands for another request when it differs.
IDEMPOTENCY_BESIDE: Final = "idempotency-beside"
SERVICE_TOKEN: Final = "x-service-token"  # noqa: S105 - the name of a key, not a token

# Whether, and in how many milliseconds, a client may repeat a call by itself (gRFC A6).
RETRY_PUSHBACK: Final = "grpc-retry-pushback-ms"
NEVER: Final = "-1"

_BEARER: Final = "bearer "

Metadata = Iterable[tuple[str, str | bytes]]


def value_in(metadata: Metadata | None, name: str) -> str | None:
    """Return the first text value under a key, or None."""
    for key, value in metadata or ():
        if key == name:
            return value if isinstance(value, str) else None
    return None


def api_key_in(metadata: Metadata | None) -> str | None:
    """Return the API key of x-api-key or of authorization: Bearer, or None."""
    pairs = list(metadata or ())
    key = value_in(pairs, X_API_KEY)
    return key if key is not None else bearer_in(value_in(pairs, AUTHORIZATION))


def bearer_in(authorization: str | None) -> str | None:
    """Return the token of an Authorization value of scheme Bearer (RFC 6750), or None."""
    if authorization is None or not authorization.lower().startswith(_BEARER):
        return None
    return authorization[len(_BEARER) :].strip()
