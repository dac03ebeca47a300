"""Which tests produce an outcome or a failure from the real thing, and the proof that they do.

Law: a test marked with a code fails unless that code came out of the product while it ran.
docs/produced.py reads the marks, so a code is written out where a test is marked with it.
"""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Final, TypeVar

import pytest

from outscope.failures import FailureReason
from services.prober.facts import Outcome, OutcomeCode

Code = OutcomeCode | FailureReason
_Told = TypeVar("_Told")

# @produces(OutcomeCode.TCP_REFUSED)
produces: Final = pytest.mark.produces

_seen: set[str] = set()


def producing(code: Code, *others: object) -> pytest.ParameterSet:
    """Return a parameter set that begins with the code which the test must produce with it."""
    return pytest.param(code, *others, marks=produces(code))


def saw(told: _Told) -> _Told:
    """Note every outcome and reason to fail in what the product returned, and return it."""
    _walk(told)
    return told


def saw_reason(reason: str) -> None:
    """Note why a check failed, as the product told it in a row, a message or an answer."""
    _seen.add(name_of(FailureReason(reason)))


def name_of(code: StrEnum) -> str:
    """Return a code with its kind: an outcome and a failure may have the same value."""
    return f"{type(code).__name__}.{code.name}"


def forget() -> None:
    """Begin anew, as for each test."""
    _seen.clear()


def unseen(marks: Iterable[pytest.Mark]) -> list[str]:
    """Return the codes a test is marked with that nothing has told."""
    return sorted({name_of(code) for mark in marks for code in mark.args} - _seen)


def _walk(told: object) -> None:
    if isinstance(told, Outcome):
        _seen.add(name_of(told.code))
    elif isinstance(told, FailureReason):
        _seen.add(name_of(told))
    elif isinstance(told, tuple):
        for each in told:
            _walk(each)
    elif is_dataclass(told):
        for field in fields(told):
            _walk(getattr(told, field.name))
