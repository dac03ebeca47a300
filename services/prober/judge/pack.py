"""The rule pack as the judge uses it: every rule declared, checked once, and made ready.

A rule is one entry in one file of rules/. What it is for is its family's form; the part of the
judge that asks rules of that form takes them from here. A rule that is code is declared too, so
that all rules can be listed, explained and counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from services.prober.judge.pack_check import faults_of, statuses_of
from services.prober.judge.pack_marks import mark_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.pack_source import WRITTEN_PACK, PackError, WrittenPack
from services.prober.judge.rule import Effect, Rule, Strength
from services.prober.judge.verdict import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One rule of the pack, whatever its form."""

    id: str
    family: str
    form: RuleForm
    strength: Strength
    # An address, or how else it is known.
    source: str
    # The version of the pack that it came with.
    since: int
    # As written, checked; what else it has depends on its form.
    members: Mapping[str, Any]
    # Names and classes written out; empty for any.
    statuses: frozenset[int] = frozenset()


def declared_in(pack: WrittenPack) -> tuple[Declared, ...]:
    """Return the rules of a pack in the order in which they are asked, or raise PackError."""
    faults = tuple(faults_of(pack))
    if faults:
        raise PackError("\n".join(faults))
    return tuple(
        Declared(
            id=rule["id"],
            family=name,
            form=RuleForm(family["form"]),
            strength=Strength(rule["strength"]),
            source=rule["source"],
            since=rule["since"],
            members=MappingProxyType(rule),
            statuses=statuses_of(rule, family),
        )
        for name, family in pack.families.items()
        for rule in family["rule"]
    )


def rule_of(declared: Declared) -> Rule:
    """Return a rule of marks as the judge asks it."""
    written = declared.members
    role = written.get("role")
    limits = {name: written[name] for name in ("body_limit", "text_limit") if name in written}
    return Rule(
        id=declared.id,
        effect=Effect(written.get("effect", Effect.PRESENT)),
        vendor=written.get("vendor", ""),
        is_layer=written.get("layer", True),
        role=Role(role) if role else None,
        message=written.get("message", ""),
        statuses=declared.statuses,
        every=tuple(mark_of(mark) for mark in written.get("every", ())),
        some=tuple(mark_of(mark) for mark in written.get("some", ())),
        **limits,
    )


# Every rule, in the order in which the judge asks them.
DECLARED: Final = declared_in(WRITTEN_PACK)
STRENGTHS: Final[Mapping[str, Strength]] = MappingProxyType(
    {declared.id: declared.strength for declared in DECLARED}
)


def declared_as(form: RuleForm) -> tuple[Declared, ...]:
    """Return the rules of one form, in their order."""
    return tuple(declared for declared in DECLARED if declared.form is form)
