"""Refusals as gRPC status with google.rpc details, and back.

Law: refusal_from(status_of(refusal)) carries the same code, message, field, value and details.
Source: https://google.aip.dev/193, google/rpc/error_details.proto.
"""

import json
from typing import Final

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any
from google.rpc.error_details_pb2 import (
    BadRequest,
    ErrorInfo,
    QuotaFailure,
    RequestInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status

from outscope.errors import (
    INTERNAL_ERROR,
    DeadlineExceeded,
    RateLimited,
    Refusal,
    Unavailable,
    refusal_for,
)

DOMAIN: Final = "outscope"
STATUS_DETAILS_KEY: Final = "grpc-status-details-bin"
_FIELD: Final = "field"
_VALUE: Final = "value"
_RETRY_AFTER: Final = "retry_after_s"
_SCOPE: Final = "scope"
_ACCOUNT: Final = "account"
_MAX_VALUE_CHARS: Final = 512


def status_of(refusal: Refusal, request_id: str) -> Status:
    """Return a refusal as google.rpc.Status: ErrorInfo, and what else is apt of the standard."""
    details: list[Any] = [_packed(_cause_of(refusal))]
    if refusal.field is not None:
        violation = BadRequest.FieldViolation(field=refusal.field, description=refusal.message)
        details.append(_packed(BadRequest(field_violations=[violation])))
    retry_after_s = refusal.details.get(_RETRY_AFTER)
    if isinstance(retry_after_s, int):
        retry = RetryInfo()
        retry.retry_delay.seconds = retry_after_s
        details.append(_packed(retry))
    if isinstance(refusal, RateLimited):
        subject = str(refusal.details.get(_SCOPE, _ACCOUNT))
        exceeded = QuotaFailure.Violation(subject=subject, description=refusal.message)
        details.append(_packed(QuotaFailure(violations=[exceeded])))
    details.append(_packed(RequestInfo(request_id=request_id)))
    code = getattr(grpc.StatusCode, refusal.grpc_code)
    return Status(code=code.value[0], message=refusal.message, details=details)


def internal_status(request_id: str) -> Status:
    """Return the status of a defect: its detail is withheld, the request id leads to the log."""
    cause = ErrorInfo(reason=INTERNAL_ERROR.code.upper(), domain=DOMAIN)
    return Status(
        code=grpc.StatusCode.INTERNAL.value[0],
        message=f"Internal error; request id {request_id}",
        details=[_packed(cause), _packed(RequestInfo(request_id=request_id))],
    )


def refusal_metadata(refusal: Refusal) -> dict[str, str]:
    """Return what a refusal tells beside its message: field, value and details, each as JSON."""
    metadata = {name: json.dumps(value) for name, value in refusal.details.items()}
    if refusal.field is not None:
        metadata[_FIELD] = json.dumps(refusal.field)
        metadata[_VALUE] = json.dumps(bounded_value(refusal.value))
    return metadata


def refusal_from(error: grpc.aio.AioRpcError) -> Refusal | None:
    """Return the refusal a call ended with, or None when it ended with a defect."""
    cause = _cause_in(error)
    if cause is not None and cause.domain == DOMAIN:
        fields = {name: json.loads(text) for name, text in cause.metadata.items()}
        field, value = fields.pop(_FIELD, None), fields.pop(_VALUE, None)
        return refusal_for(
            cause.reason.lower(), error.details() or "", field=field, value=value, **fields
        )
    if error.code() is grpc.StatusCode.UNAVAILABLE:
        return Unavailable("The scheduler does not answer; try again in a moment")
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded("The scheduler did not answer in time")
    return None


def _cause_of(refusal: Refusal) -> ErrorInfo:
    return ErrorInfo(reason=refusal.code.upper(), domain=DOMAIN, metadata=refusal_metadata(refusal))


def bounded_value(value: object) -> object:
    """Return what a caller sent, cut to what may come back in an answer or its trailers."""
    if isinstance(value, str) and len(value) > _MAX_VALUE_CHARS:
        return f"{value[:_MAX_VALUE_CHARS]}…"
    return value


def _packed(message: ErrorInfo | BadRequest | RetryInfo | QuotaFailure | RequestInfo) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed


def _cause_in(error: grpc.aio.AioRpcError) -> ErrorInfo | None:
    for key, value in error.trailing_metadata():
        if key == STATUS_DETAILS_KEY:
            return _first_cause(Status.FromString(value))
    return None


def _first_cause(status: Status) -> ErrorInfo | None:
    for detail in status.details:
        cause = ErrorInfo()
        if detail.Unpack(cause):
            return cause
    return None
