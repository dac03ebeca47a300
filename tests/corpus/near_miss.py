"""Reads the near misses: for each rule, what comes nearest to it and must not fire it.

A near miss is a case that fires the rule with one thing changed, or another case that only looks
alike. Each says why it is none.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from services.prober.facts import HostFacts
from tests.corpus.case import Case
from tests.corpus.change import Change, changed
from tests.corpus.facts import host_facts
from tests.corpus.loader import ROOT, CorpusError

FOLDER: Final = ROOT / "near_misses"
_TEXT: Final = {"type": "string", "minLength": 1}
_CHANGE: Final = {
    "type": "object",
    "required": ["field"],
    "properties": {
        "field": _TEXT,
        "from": _TEXT,
        "to": {"type": ["string", "integer", "boolean"]},
        "to_name": _TEXT,
        "longer_by": {"type": "integer", "minimum": 1},
    },
    "oneOf": [{"required": ["to"]}, {"required": ["to_name"]}, {"required": ["longer_by"]}],
    "additionalProperties": False,
}
_MISS: Final = {
    "type": "object",
    "required": ["rule", "why"],
    "properties": {
        "rule": _TEXT,
        "of": _TEXT,
        "case": _TEXT,
        "change": {"type": "array", "items": _CHANGE, "minItems": 1},
        "why": {"type": "string", "pattern": r"^[^\n]+\.$"},
    },
    "oneOf": [{"required": ["of", "change"]}, {"required": ["case"]}],
    "additionalProperties": False,
}
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["near_miss"],
    "properties": {"near_miss": {"type": "array", "items": _MISS}},
    "additionalProperties": False,
}
_VALIDATOR: Final = Draft202012Validator(_SCHEMA)


@dataclass(frozen=True, kw_only=True)
class NearMiss:
    """What resembles what fires a rule, and the family of the pack that it is written down for."""

    rule: str
    family: str
    why: str
    # The case that fires the rule, and what is changed of it; none of a case that stands by itself.
    of: Case | None
    changes: tuple[Change, ...]
    host: HostFacts

    def __str__(self) -> str:
        return self.rule


def near_misses(cases: Mapping[str, Case], folder: Path = FOLDER) -> tuple[NearMiss, ...]:
    """Return every near miss, by the names of the cases; raise CorpusError."""
    faults: list[str] = []
    found: list[NearMiss] = []
    for file in sorted(folder.glob("*.toml")):
        try:
            written = tomllib.loads(file.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{file.name}: no TOML: {error}")
            continue
        wrong = sorted(_VALIDATOR.iter_errors(written), key=lambda error: error.json_path)
        faults += [f"{file.name}: {error.json_path}: {error.message}" for error in wrong]
        for miss in [] if wrong else written["near_miss"]:
            try:
                found.append(_near_miss(miss, file.stem, cases))
            except (LookupError, ValueError) as error:
                faults.append(f"{file.name}: {miss['rule']}: {error}")
    if faults:
        raise CorpusError("\n".join(faults))
    return tuple(found)


def _near_miss(written: Mapping[str, Any], family: str, cases: Mapping[str, Case]) -> NearMiss:
    name = written.get("of") or written["case"]
    if name not in cases:
        raise LookupError(f"there is no case {name}")
    changes = tuple(written.get("change", ()))
    return NearMiss(
        rule=written["rule"],
        family=family,
        why=written["why"],
        of=cases[name] if "of" in written else None,
        changes=changes,
        host=host_facts(changed(cases[name].facts, changes)),
    )
