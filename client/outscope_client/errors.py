"""What can go wrong with a call: one class for each error.code, and those of the way there.

Law: errors are told apart by type. What the server refused is an APIError, of the class of its
error.code, and of APIError itself for a code that this version does not know; that nobody answered
is a ConnectionFailedError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


class OutScopeError(Exception):
    """Everything that this client raises."""


class ConfigurationError(OutScopeError):
    """The client cannot be made like this; the message says what to change."""


class ConnectionFailedError(OutScopeError):
    """No answer came, after the calls that could be repeated were."""


class CallTimeoutError(ConnectionFailedError):
    """No answer came in time; what was asked may or may not have taken effect."""


class UnreadableAnswerError(OutScopeError):
    """What answered is not OutScope, or something on the way has changed its answer."""


class WaitTimeoutError(OutScopeError):
    """A check is still pending; it goes on, and can be waited for again."""

    def __init__(self, message: str, *, check_id: str) -> None:
        super().__init__(message)
        self.check_id = check_id


class WebhookVerificationError(OutScopeError):
    """A webhook that must not be believed."""


class APIError(OutScopeError):
    """The server refused a call, or met with an error of its own."""

    code: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        error_code: str = "",
        details: Mapping[str, Any] | None = None,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.error_code = error_code
        self.details: Mapping[str, Any] = details or {}
        self.request_id = request_id
        self.retry_after_s = retry_after_s
        # Of a batch of which nothing was created: index, fqdn and error of each.
        self.errors: Sequence[Mapping[str, Any]] = ()

    def __str__(self) -> str:
        told = f" ({self.error_code or self.status}"
        return self.message + told + (f", {self.request_id})" if self.request_id else ")")


class InvalidRequestError(APIError):
    """A field is missing, unknown, malformed or out of its limits; details['field'] names it."""

    code = "invalid_request"


class UnauthorizedError(APIError):
    """The API key is missing, mistyped, unknown, expired or revoked."""

    code = "unauthorized"


class ForbiddenError(APIError):
    """The key does not allow this call."""

    code = "forbidden"


class NotFoundError(APIError):
    """There is no such resource in this account."""

    code = "not_found"


class MethodNotAllowedError(APIError):
    """The route does not answer this method."""

    code = "method_not_allowed"


class ConflictError(APIError):
    """The resource is not in a state that allows this."""

    code = "conflict"


class IdempotencyConflictError(APIError):
    """The idempotency key was used for another request."""

    code = "idempotency_conflict"


class PayloadTooLargeError(APIError):
    """The request is too large; send less at once."""

    code = "payload_too_large"


class UnsupportedMediaTypeError(APIError):
    """The request is not JSON."""

    code = "unsupported_media_type"


class LimitError(APIError):
    """A limit of the account is reached; retry_after_s says when to come back."""


class RateLimitedError(LimitError):
    """The allowance of this minute is used up."""

    code = "rate_limited"


class InFlightLimitError(LimitError):
    """As many checks are pending as may be."""

    code = "inflight_limit"


class QuotaExceededError(LimitError):
    """The checks of this calendar month are used up."""

    code = "quota_exceeded"


class ServerError(APIError):
    """It is the server's to mend; the same call may succeed later."""


class UnavailableError(ServerError):
    """A part of the system does not answer."""

    code = "unavailable"


class OverloadedError(ServerError):
    """Too much is asked at once, and nothing was done."""

    code = "overloaded"


class DeadlineExceededError(ServerError):
    """The answer was not ready in time; the call may or may not have taken effect."""

    code = "deadline_exceeded"


class InternalError(ServerError):
    """A defect of the server's; the request id leads to it in its logs."""

    code = "internal_error"


def _classes(base: type[APIError]) -> dict[str, type[APIError]]:
    found = {base.code: base} if base.code else {}
    for each in base.__subclasses__():
        found.update(_classes(each))
    return found


BY_CODE: Mapping[str, type[APIError]] = _classes(APIError)
_SERVER_ERRORS = 500


def error_class(code: str, status: int) -> type[APIError]:
    """Return the class of an error.code; for one not known the nearest that is."""
    return BY_CODE.get(code, ServerError if status >= _SERVER_ERRORS else APIError)
