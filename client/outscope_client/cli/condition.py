"""What a gate can require or forbid: a fact of a check, compared with a value or taken as it is.

    analyzable    tls.days_left>=14    ports.port==443    !auth_detected    kind!=parked

Law: a name that no check has, or a comparison that cannot be made, is found before any check is
created; a misspelt condition never passes.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Callable, Union

from outscope_client.cli.endings import USAGE, Ended
from outscope_client.cli.wording import cleaned
from outscope_client.model import Model
from outscope_client.models import Analysis, Check

Value = Union[bool, float, str]

_CONDITION = re.compile(
    r"\s*(?P<negated>!?)\s*(?P<path>[a-z][a-z0-9_.]*)\s*"
    r"(?:(?P<operator>==|!=|>=|<=|>|<)\s*(?P<value>.*?))?\s*"
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_EQUALITIES = frozenset({"==", "!="})
_WORDS = {"true": True, "false": False}
# Said so often that they have a name of their own.
_SHORT = {"tls": "ports.tls"}
# What a name begins with beside the fields of a check.
_FIRST = (*Analysis.__annotations__, *_SHORT)


@dataclass(frozen=True)
class Condition:
    """One condition: the fact, and what it is compared with."""

    text: str
    path: tuple[str, ...]
    is_negated: bool = False
    operator: str = ""
    value: Value = True

    def values(self, check: Check) -> list[object]:
        """Return the fact wherever the check has it; nulls are no facts."""
        return list(_values(check, self.path))

    def holds(self, value: object) -> bool:
        """Tell whether one value is as the condition says."""
        if not self.operator:
            return bool(value) is not self.is_negated
        return _OPERATORS[self.operator](value, self.value)

    def is_met(self, check: Check) -> bool:
        """Tell whether the fact is there, and everywhere as the condition says."""
        values = self.values(check)
        return bool(values) and all(self.holds(value) for value in values)

    def is_seen(self, check: Check) -> bool:
        """Tell whether the fact is anywhere as the condition says."""
        return any(self.holds(value) for value in self.values(check))

    def observed(self, check: Check) -> str:
        """Return what was seen, in one line."""
        values = [cleaned(_told(value)) for value in self.values(check)[:8]]
        name = ".".join(self.path).removeprefix("analysis.")
        return f"{name} is {', '.join(values)}" if values else f"{name} was not seen"


def condition_from(text: str) -> Condition:
    """Return the condition that a text is; one that is none ends the command."""
    found = _CONDITION.fullmatch(text)
    if not found:
        raise Ended(USAGE, f"{text!r} is no condition: write NAME, !NAME or NAME>=VALUE")
    parts = found["path"].split(".")
    if parts[0] in Analysis.__annotations__ and parts[0] not in Check.__annotations__:
        parts = ["analysis", *parts]
    parts = [*_SHORT.get(parts[0], parts[0]).split("."), *parts[1:]]
    kind = _kind_of(parts, text)
    if not found["operator"]:
        return Condition(text.strip(), tuple(parts), is_negated=bool(found["negated"]))
    if found["negated"]:
        raise Ended(USAGE, f"{text!r} has ! and a comparison; turn the comparison round instead")
    value = _value(found["value"], kind, found["operator"], text)
    return Condition(text.strip(), tuple(parts), operator=found["operator"], value=value)


def _kind_of(parts: list[str], text: str) -> str:
    """Return what a fact is, as its model declares it: such as bool, int | None or list[str]."""
    model: type[Model] = Check
    kind = ""
    for position, part in enumerate(parts):
        if part not in model.__annotations__ or part.startswith("_"):
            names = {*model.__annotations__, *(_FIRST if model is Check else ())}
            known = ", ".join(sorted(name for name in names if name[0] != "_"))
            raise Ended(USAGE, f"{text!r}: there is no {part!r}; there are {known}")
        kind = str(model.__annotations__[part])
        inner = model._models.get(part)  # noqa: SLF001 - the models are of this distribution
        if inner is None and position + 1 < len(parts):
            raise Ended(USAGE, f"{text!r}: {part!r} has nothing called {parts[position + 1]!r}")
        model = inner or model
        kind = "object" if inner else kind
    return kind


def _value(told: str, kind: str, sign: str, text: str) -> Value:
    told = told.strip("\"'")
    if "bool" in kind:
        if told.lower() not in _WORDS or sign not in _EQUALITIES:
            raise Ended(USAGE, f"{text!r}: this is true or false; write == or != and one of them")
        return _WORDS[told.lower()]
    if "int" in kind or "float" in kind:
        try:
            number = float(told)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):  # with which every comparison comes out the same
            raise Ended(USAGE, f"{text!r}: this is a number, and {told!r} is none")
        return number
    if "str" not in kind or not told:
        raise Ended(USAGE, f"{text!r}: this cannot be compared with a value")
    return told


def _values(value: object, path: tuple[str, ...]) -> Iterator[object]:
    if isinstance(value, list):
        for each in value:
            yield from _values(each, path)
    elif not path:
        if value is not None:
            yield value
    elif isinstance(value, dict):
        yield from _values(value.get(path[0]), path[1:])


def _told(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "there" if isinstance(value, dict) else str(value)
