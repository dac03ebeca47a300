"""Answers refused requests in the documented error body; registered with the router."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from outscope.errors import (
    InflightLimited,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    QuotaExceeded,
    RateLimited,
    Refusal,
    Unauthorized,
    Unavailable,
)
from services.gateway.auth import CHALLENGE
from services.gateway.middleware.request_id import request_id_of
from services.gateway.responses import EarlyResponse, JsonResponse
from services.gateway.translate.problem import error_body
from services.gateway.translate.rate_limit import exceeded_headers

_METHOD_NOT_ALLOWED: Final = 405
_RETRY_AFTER: Final = "retry_after_s"
# nginx's status for a caller that hung up; nobody reads it but our metrics.
_HUNG_UP: Final = 499


async def refused(request: Request, refusal: Exception) -> Response:
    """Answer a refusal with its row of the error table."""
    assert isinstance(refusal, Refusal)  # noqa: S101 - what it is registered for
    return refusal_response(refusal, request)


async def unrouted(request: Request, error: Exception) -> Response:
    """Answer a path that does not exist, or a method that a path does not have."""
    assert isinstance(error, HTTPException)  # noqa: S101 - what it is registered for
    if error.status_code != _METHOD_NOT_ALLOWED:
        return refusal_response(NotFound(f"There is no {request.url.path[:256]} here"), request)
    allow = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    refusal = MethodNotAllowed(f"{request.method[:32]} is not one of {allow}", allow=allow)
    return refusal_response(refusal, request)


async def hung_up(request: Request, error: Exception) -> Response:
    """Answer nobody: the caller closed the connection before the request was complete."""
    del request, error
    return Response(status_code=_HUNG_UP)


def refusal_response(refusal: Refusal, request: Request) -> Response:
    """Return the answer to a refused request, with the headers its status asks for."""
    request.state.error_code = refusal.code
    body = error_body(refusal, request_id_of(request.scope))
    headers = _headers_of(refusal)
    if isinstance(refusal, PayloadTooLarge):
        return EarlyResponse(body, status_code=refusal.http_status, headers=headers)
    return JsonResponse(body, refusal.http_status, headers)


def _headers_of(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, InflightLimited | QuotaExceeded):
        # RateLimit-* tell of the minute.
        return exceeded_headers({_RETRY_AFTER: refusal.details.get(_RETRY_AFTER, 1)})
    if isinstance(refusal, RateLimited):
        return exceeded_headers(refusal.details)
    if isinstance(refusal, Unauthorized):
        return {"WWW-Authenticate": CHALLENGE}
    if isinstance(refusal, MethodNotAllowed):
        return {"Allow": str(refusal.details["allow"])}
    if isinstance(refusal, Unavailable):
        return {"Retry-After": str(refusal.details.get(_RETRY_AFTER, 1))}
    return {}
