"""Refusals as the documented error.

Law: details is always an object; what a caller sent comes back bounded, and never a credential.
"""

from typing import Final

from pydantic_core import to_json

from outscope.errors import INTERNAL_ERROR, Refusal
from outscope.v1 import problem_pb2
from services.gateway.schemas.error import ErrorBody, Problem

_MAX_VALUE_CHARS: Final = 256


def error_body(refusal: Refusal, request_id: str) -> ErrorBody:
    """Return the body of the answer to a refused request."""
    problem = problem_of(refusal)
    return {
        "error": {
            "code": problem["code"],
            "message": problem["message"],
            "details": problem["details"],
            "request_id": request_id,
        }
    }


def internal_error_body(request_id: str) -> ErrorBody:
    """Return the body of the answer when we are at fault; the request id leads to the cause."""
    return {
        "error": {
            "code": INTERNAL_ERROR.code,
            "message": "Something went wrong on our side; the request id helps us find it",
            "details": {},
            "request_id": request_id,
        }
    }


def problem_of(refusal: Refusal) -> Problem:
    """Return a refusal as it stands in an error."""
    details: dict[str, object] = {}
    if refusal.field is not None:
        details = {"field": refusal.field, "value": _bounded(refusal.value)}
    return {
        "code": refusal.code,
        "message": refusal.message,
        "details": details | refusal.details,
    }


def problem_from(problem: problem_pb2.Problem) -> Problem:
    """Return the refusal of one item of a batch as it stands in its error."""
    return {
        "code": problem.code,
        "message": problem.message,
        "details": {"field": problem.field, "value": problem.value} if problem.field else {},
    }


def _bounded(value: object) -> object:
    """Return a value as it is, or the beginning of its text when it is long."""
    if value is None or isinstance(value, bool | float):
        return value
    text = value if isinstance(value, str) else to_json(value).decode()
    return value if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}…"
