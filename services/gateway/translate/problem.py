"""Refusals as the documented error.

Law: details is always an object; what a caller sent comes back bounded, and never a credential.
"""

import json
from typing import Final

from pydantic_core import to_json

from outscope.errors import INTERNAL_ERROR, Refusal
from outscope.v1 import problem_pb2
from services.gateway.schemas.error import ErrorBody, Problem

_FIELD: Final = "field"
_VALUE: Final = "value"
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
    at_fault: dict[str, object] = {}
    if refusal.field is not None:
        at_fault = {_FIELD: refusal.field, _VALUE: refusal.value}
    return _problem(refusal.code, refusal.message, at_fault | refusal.details)


def problem_from(problem: problem_pb2.Problem) -> Problem:
    """Return the refusal of one item of a batch as it would stand if it had come alone."""
    # Without metadata when the scheduler is one version older.
    at_fault = {_FIELD: problem.field, _VALUE: problem.value} if problem.field else {}
    told = {name: json.loads(text) for name, text in problem.metadata.items()}
    return _problem(problem.code, problem.message, at_fault | told)


def _problem(code: str, message: str, details: dict[str, object]) -> Problem:
    if _VALUE in details:
        details[_VALUE] = _bounded(details[_VALUE])
    return {"code": code, "message": message, "details": details}


def _bounded(value: object) -> object:
    """Return a value as it is, or the beginning of its text when it is long."""
    if value is None or isinstance(value, bool | float):
        return value
    text = value if isinstance(value, str) else to_json(value).decode()
    return value if len(text) <= _MAX_VALUE_CHARS else f"{text[:_MAX_VALUE_CHARS]}…"
