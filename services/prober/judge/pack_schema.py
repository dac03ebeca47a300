"""What a family and a rule of the pack may hold, and what is wrong with one: pure.

One table for each form: the members a rule must have, those it may have, and the check of each.
A check returns what is wrong and what to write instead, and nothing where nothing is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from services.prober.judge.pack_marks import fault_of_marks
from services.prober.judge.rule import Effect, Strength
from services.prober.judge.verdict import Role

Check = Callable[[Any], str]


class RuleForm(StrEnum):
    """What the rules of one family are, and with that which part of the judge asks them."""

    # A page that only a vendor, a server or a registrar has; decides what an answer is.
    PAGE = "page"
    # Who stands in front.
    FRONT = "front"
    # Who sent an error.
    SENDER = "sender"
    # Where logins live on other hosts.
    PROVIDER = "provider"
    # A page that shows API documentation.
    VIEWER = "viewer"
    # The listing of a folder.
    LISTING = "listing"
    # Looks at more than marks can say; its logic is a module of the judge.
    CODE = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The members of a rule of one form; of `any_of` it needs at least one."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    # How each id begins.
    prefix: str = ""


_EVERYWHERE: Final = frozenset({"id", "strength", "source", "since"})
_ID: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_FIELD: Final = re.compile(r"[a-z0-9_]+(\.[a-z0-9_-]+)*")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# What a sentence may speak of; services.prober.judge.sentences fills it in.
PLACEHOLDERS: Final = frozenset(
    {"path", "status", "vendor", "target", "host", "advice", "addresses", "visitor"}
)
_MAX_TEXT_CHARS: Final = 1000
_MAX_BODY_CHARS: Final = 65536
STATUSES: Final = range(100, 1000)
# A class of statuses, such as 5xx.
STATUS_CLASS: Final = re.compile(r"[1-9]xx")

SHAPES: Final = MappingProxyType(
    {
        RuleForm.PAGE: Shape(
            required=frozenset({"effect", "vendor"}),
            optional=frozenset({"layer", "role", "message", "body_limit", "text_limit"}),
            any_of=frozenset({"statuses", "every", "some"}),
        ),
        RuleForm.FRONT: Shape(
            required=frozenset({"vendor", "role"}), any_of=frozenset({"every", "some"})
        ),
        RuleForm.SENDER: Shape(
            required=frozenset({"side"}),
            optional=frozenset({"vendor", "body_limit"}),
            any_of=frozenset({"every", "some"}),
        ),
        RuleForm.PROVIDER: Shape(
            required=frozenset({"vendor"}),
            optional=frozenset({"guards"}),
            any_of=frozenset({"hosts", "path"}),
            prefix="provider.",
        ),
        RuleForm.VIEWER: Shape(
            required=frozenset({"vendor"}),
            optional=frozenset({"never"}),
            any_of=frozenset({"scripts", "element", "filled"}),
            prefix="documentation.",
        ),
        RuleForm.LISTING: Shape(
            required=frozenset({"answer"}),
            optional=frozenset({"within_chars"}),
            any_of=frozenset({"title", "text"}),
            prefix="listing.",
        ),
        RuleForm.CODE: Shape(required=frozenset({"code", "looks_at", "words"})),
    }
)


def _text(value: object) -> str:
    is_text = isinstance(value, str) and 0 < len(value.strip()) <= _MAX_TEXT_CHARS
    return "" if is_text else "it is empty or no text; write a text"


def _low_text(value: object) -> str:
    is_low = isinstance(value, str) and value == value.lower()
    return _text(value) or ("" if is_low else "texts are compared so; write it in lower case")


def _low_texts(value: object) -> str:
    if not isinstance(value, list) or not value:
        return "it is no list; write at least one text in brackets"
    return next(filter(None, map(_low_text, value)), "")


def _true(value: object) -> str:
    return "" if value is True else "it is not true; write true, or leave it out"


def _false(value: object) -> str:
    return "" if value is False else "it is not false; write false, or leave it out"


def _number(most: int) -> Check:
    def check(value: object) -> str:
        is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
        return "" if is_number else f"it is no number from 0 to {most}; write one"

    return check


def _one_of(*values: str) -> Check:
    def check(value: object) -> str:
        return "" if value in values else f"it is {value!r}; write one of: {', '.join(values)}"

    return check


def _id(value: object) -> str:
    is_id = isinstance(value, str) and _ID.fullmatch(value)
    return "" if is_id else "it is no id; write family.name in lower case, such as shop.block"


def _sentence(value: object) -> str:
    if _text(value) or not str(value).endswith("."):
        return "it is no sentence; end it with a full stop"
    unknown = sorted(set(_PLACEHOLDER.findall(str(value))) - PLACEHOLDERS)
    known = ", ".join(sorted(PLACEHOLDERS))
    return f"nothing is called {unknown[0]!r} in it; write one of: {known}" if unknown else ""


def _fields(value: object) -> str:
    fields = value if isinstance(value, list) and value else [None]
    is_list = all(isinstance(field, str) and _FIELD.fullmatch(field) for field in fields)
    remedy = "it is no list of facts; write fields as evidence names them, without their place"
    return "" if is_list else remedy


def _statuses(value: object) -> str:
    for item in value if isinstance(value, list) and value else [None]:
        is_number = isinstance(item, int) and not isinstance(item, bool) and item in STATUSES
        is_class = isinstance(item, str) and STATUS_CLASS.fullmatch(item)
        if not is_number and not is_class:
            return (
                f"{item!r} is no status; write numbers from 100 to 999, 5xx for a class, or a name "
                "under [statuses]"
            )
    return ""


def _filled(value: object) -> str:
    if not isinstance(value, dict) or set(value) != {"element", "calls"}:
        return "it is no pair; write { element = …, calls = […] }"
    return _low_text(value["element"]) or _low_texts(value["calls"])


CHECKS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "id": _id,
        "strength": _one_of(*Strength),
        "source": _text,
        "since": _number(9999),
        "effect": _one_of(*(effect for effect in Effect if effect is not Effect.PRESENT)),
        "vendor": _text,
        "layer": _false,
        "role": _one_of(*Role),
        "message": _sentence,
        "statuses": _statuses,
        "every": fault_of_marks,
        "some": fault_of_marks,
        "body_limit": _number(_MAX_BODY_CHARS),
        "text_limit": _number(_MAX_BODY_CHARS),
        "side": _one_of("edge", "origin"),
        "hosts": _low_texts,
        "path": _low_text,
        "guards": _true,
        "scripts": _low_texts,
        "element": _low_text,
        "filled": _filled,
        "never": _low_text,
        "answer": _one_of("html", "xml"),
        "title": _low_text,
        "text": _low_text,
        "within_chars": _number(_MAX_BODY_CHARS),
        "code": _text,
        "looks_at": _fields,
        "words": _text,
    }
)


def members_of(form: RuleForm) -> frozenset[str]:
    """Return every member that a rule of a form may have."""
    shape = SHAPES[form]
    return _EVERYWHERE | shape.required | shape.optional | shape.any_of


def missing_in(form: RuleForm, rule: Mapping[str, Any]) -> list[str]:
    """Return the members that a rule has to have and has not."""
    shape = SHAPES[form]
    missing = sorted((_EVERYWHERE | shape.required) - set(rule))
    if shape.any_of and not shape.any_of & set(rule):
        missing.append(" or ".join(sorted(shape.any_of)))
    return missing
