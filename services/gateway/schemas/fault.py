"""Turns what a model found wrong into one refusal that names the field and what it must be.

Law: an unknown field is told before a missing one: it is usually the missing one, misspelt.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from outscope.errors import InvalidRequest

_UNKNOWN_FIELD: Final = "extra_forbidden"
_MISSING: Final = "missing"
# What is in these may be a secret, and is never shown, not even to whom it came from.
_WITHHELD: Final = frozenset({"headers"})

# By pydantic's error type; {…} are the names of its context.
_CLAUSES: Final[Mapping[str, str]] = {
    _MISSING: "is required",
    "null": "must not be null; leave it out",
    "string_type": "must be a string",
    "string_unicode": "must be a string",
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "bool_type": "must be true or false",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "must have at least {min_length} {items}",
    "too_long": "must have at most {max_length} items",
    "too_many": "must have at most {most} different items",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "seconds": "must be a whole number from {ge} to {le}",
    "literal_error": "must be one of {expected}",
}


def fault_in(
    error: ValidationError, known_fields: Sequence[str], member: str = "field"
) -> InvalidRequest:
    """Return the refusal for the most telling of a model's errors; member is what to call one."""
    errors = error.errors(include_url=False)
    first = next((each for each in errors if each["type"] == _UNKNOWN_FIELD), errors[0])
    field = _field_of(first)
    if first["type"] == _UNKNOWN_FIELD:
        return unknown_field(field, first["input"], known_fields, member)
    if not field:
        return InvalidRequest("A JSON object is expected", value=first["input"])
    is_withheld = first["type"] == _MISSING or first["loc"][0] in _WITHHELD
    value = None if is_withheld else first["input"]
    return InvalidRequest(f"{field} {_clause_of(first)}", field=field, value=value)


def unknown_field(
    field: str, value: object, known_fields: Sequence[str], member: str = "field"
) -> InvalidRequest:
    """Return the refusal of a field that does not exist, with the nearest one that does."""
    nearest = nearest_of(field, known_fields)
    return InvalidRequest(
        f'There is no {member} "{field[:128]}"; did you mean "{nearest}"?',
        field=field[:128],
        value=None if nearest in _WITHHELD else value,
        nearest=nearest,
    )


def nearest_of(word: str, known: Sequence[str]) -> str:
    """Return the known word that is most like a word."""
    return difflib.get_close_matches(word.lower()[:128], known, n=1, cutoff=0.0)[0]


def _field_of(error: ErrorDetails) -> str:
    """Return a place as it is written in JSON paths, such as ports[2]."""
    field = ""
    for step in error["loc"]:
        field += f"[{step}]" if isinstance(step, int) else f".{step}" if field else step
    return field


def _clause_of(error: ErrorDetails) -> str:
    clause = _CLAUSES.get(error["type"])
    if clause is None:
        return f"is not accepted: {error['msg']}"
    context = error.get("ctx", {})
    items = "item" if context.get("min_length") == 1 else "items"
    return clause.format(**context, items=items).replace("'", "")
