"""Every refusal a caller can meet, in one table: its gRPC code, its HTTP status, its REST code.

A refusal is the caller's to change. What we learned of a target is data, never an exception;
anything that is not a Refusal is a bug and is shown as internal_error without its detail.
"""

from dataclasses import dataclass
from typing import ClassVar, Final


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The caller asked for what we won't or can't do."""

    code: ClassVar[str]
    grpc_code: ClassVar[str]
    http_status: ClassVar[int]
    summary: ClassVar[str]

    def __init__(
        self, message: str, *, field: str | None = None, value: object = None, **details: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.details: dict[str, object] = details


class InvalidRequest(Refusal):
    """A field is missing, unknown, malformed or out of its limits."""

    code = "invalid_request"
    grpc_code = "INVALID_ARGUMENT"
    http_status = 400
    summary = "A field is missing, unknown, malformed or out of its limits; details.field names it."


class Unauthorized(Refusal):
    """No credentials, or credentials that are not valid (any more)."""

    code = "unauthorized"
    grpc_code = "UNAUTHENTICATED"
    http_status = 401
    summary = "The API key is missing, mistyped, unknown, expired or revoked."


class Forbidden(Refusal):
    """The credentials are valid and do not allow this call."""

    code = "forbidden"
    grpc_code = "PERMISSION_DENIED"
    http_status = 403
    summary = "The call is for our own services; an API key does not allow it."


class NotFound(Refusal):
    """There is no such thing, or it belongs to somebody else."""

    code = "not_found"
    grpc_code = "NOT_FOUND"
    http_status = 404
    summary = "There is no such resource in this account, or no such route."


class MethodNotAllowed(Refusal):
    """The route exists and does not answer this method."""

    code = "method_not_allowed"
    grpc_code = "UNIMPLEMENTED"
    http_status = 405
    summary = "The route does not answer this method; the Allow header lists those it does."


class Conflict(Refusal):
    """The thing is not in a state that allows this."""

    code = "conflict"
    grpc_code = "FAILED_PRECONDITION"
    http_status = 409
    summary = "The resource is not in a state that allows this."


class IdempotencyConflict(Refusal):
    """The idempotency key stands for another request."""

    code = "idempotency_conflict"
    grpc_code = "ALREADY_EXISTS"
    http_status = 409
    summary = "The Idempotency-Key was used for another request in the last 24 hours."


class PayloadTooLarge(Refusal):
    """The request body is over its limit."""

    code = "payload_too_large"
    grpc_code = "OUT_OF_RANGE"
    http_status = 413
    summary = "The request body is over 1 MiB."


class UnsupportedMediaType(Refusal):
    """The request body is not JSON."""

    code = "unsupported_media_type"
    grpc_code = "ABORTED"
    http_status = 415
    summary = "The request body is not application/json."


class RateLimited(Refusal):
    """The account, or the key, has used up its allowance for this minute."""

    code = "rate_limited"
    grpc_code = "RESOURCE_EXHAUSTED"
    http_status = 429
    summary = "The allowance of this minute is used up; Retry-After tells when to come back."


class InflightLimited(RateLimited):
    """As many checks are pending as may be."""

    code = "inflight_limit"
    summary = "The account has as many checks pending as it may; wait until some have ended."


class QuotaExceeded(RateLimited):
    """The account, or the key, has created its checks of this month."""

    code = "quota_exceeded"
    summary = (
        "The account has created its checks of this calendar month; details tell what is left."
    )


class Unavailable(Refusal):
    """We cannot answer now; the same call may succeed later."""

    code = "unavailable"
    grpc_code = "UNAVAILABLE"
    http_status = 503
    summary = "A part of the system does not answer; the same call may succeed in a moment."


class Overloaded(Unavailable):
    """More is being asked than we can do; nothing was done, and nobody waited for that."""

    code = "overloaded"
    summary = "Too much is asked at once, and nothing was done; Retry-After tells when to return."


class DeadlineExceeded(Refusal):
    """The answer was not ready within the caller's deadline."""

    code = "deadline_exceeded"
    grpc_code = "DEADLINE_EXCEEDED"
    http_status = 504
    summary = "The answer was not ready in time; the call may or may not have taken effect."


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRow:
    """One line of the error table."""

    code: str
    grpc_code: str
    http_status: int
    summary: str


INTERNAL_ERROR: Final = ErrorRow(
    code="internal_error",
    grpc_code="INTERNAL",
    http_status=500,
    summary="A defect of ours; the request id leads to it in the logs.",
)

REFUSALS: Final[tuple[type[Refusal], ...]] = (
    InvalidRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Conflict,
    IdempotencyConflict,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimited,
    InflightLimited,
    QuotaExceeded,
    Unavailable,
    Overloaded,
    DeadlineExceeded,
)

ERROR_TABLE: Final[tuple[ErrorRow, ...]] = (
    *(
        ErrorRow(
            code=refusal.code,
            grpc_code=refusal.grpc_code,
            http_status=refusal.http_status,
            summary=refusal.summary,
        )
        for refusal in REFUSALS
    ),
    INTERNAL_ERROR,
)

_BY_CODE: Final = {refusal.code: refusal for refusal in REFUSALS}


def refusal_for(
    code: str, message: str, *, field: str | None = None, value: object = None, **details: object
) -> Refusal | None:
    """Return the refusal with this REST code, or None when the table has no such row."""
    refusal = _BY_CODE.get(code)
    return refusal(message, field=field, value=value, **details) if refusal else None
