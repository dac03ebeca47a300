"""Reads JSON as RFC 8259 writes it, and refuses what its readers disagree on.

Refused besides bad syntax: bytes that are not UTF-8, a name that occurs twice in an object (which
one counts differs between readers), NaN and infinities, and half a surrogate pair.
"""

import json
import re
from collections.abc import Iterable
from typing import Final, NoReturn

from outscope.errors import InvalidRequest

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def parsed_json(body: bytes) -> object:
    """Return what a request body says, or raise InvalidRequest telling where it goes wrong."""
    if not body:
        raise InvalidRequest("The request body is empty; a JSON object is expected")
    try:
        text = body.decode()
        parsed: object = _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The request body is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest(
            f"The request body is not JSON: {error.msg}, {where}",
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise InvalidRequest("The request body is nested too deeply") from error
    except ValueError as error:  # json has no type of its own for an integer of 4,301 digits
        raise InvalidRequest("The request body has a number too long to read") from error
    if _SURROGATE.search(text):
        _refuse_surrogates(parsed)
    return parsed


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    twice = _first_repeated(name for name, _ in pairs)[:128]
    raise InvalidRequest(f'The field "{twice}" occurs more than once', field=twice)


def _first_repeated(names: Iterable[str]) -> str:
    """Return the first name that was there before; one pass, however many there are."""
    known: set[str] = set()
    for name in names:
        if name in known:
            return name
        known.add(name)
    raise ValueError("no name is repeated")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise InvalidRequest(f"The number {text[:32]} is too large")
    return number


def _constant(text: str) -> NoReturn:
    raise InvalidRequest(f"The request body is not JSON: {text} is no JSON value")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_finite, parse_constant=_constant
)


def _refuse_surrogates(parsed: object) -> None:
    try:
        json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("The request body has half a character (a lone surrogate)") from error
