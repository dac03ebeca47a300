"""Says what is wrong with a pack as it is written: every fault with its file, rule, field, remedy.

A pack is taken as a whole or not at all, so all faults are told at once.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from services.prober.judge.pack_schema import (
    CHECKS,
    SHAPES,
    STATUS_CLASS,
    STATUSES,
    RuleForm,
    members_of,
    missing_in,
)
from services.prober.judge.pack_source import FOLDER, Written, WrittenPack

_OF_A_FAMILY: Final = ("form", "statuses", "rule")


def faults_of(pack: WrittenPack) -> Iterator[str]:
    """Yield a line for each fault of a pack; none when it can be used."""
    known: dict[str, str] = {}
    for name, family in pack.families.items():
        file = f"{FOLDER}/{name}.toml"
        yield from (f"{file}: {fault}" for fault in _faults_of_family(family))
        if family.get("form") not in list(RuleForm):
            continue
        for number, rule in enumerate(_rules_in(family)):
            place = f"{file}: {rule.get('id', f'rule {number + 1}')}"
            for fault in _faults_of_rule(rule, family, pack.version):
                yield f"{place}: {fault}"
            known_in = known.setdefault(str(rule.get("id")), file)
            if known_in is not file:
                yield f"{place}: id: {known_in} has it already; give it another"
        yield from _doubles(file, _rules_in(family))


def _rules_in(family: Written) -> list[Mapping[str, Any]]:
    rules = family.get("rule")
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _faults_of_family(family: Written) -> Iterator[str]:
    for name in family:
        if name not in _OF_A_FAMILY:
            yield f"{name}: {_unknown(name, _OF_A_FAMILY)}"
    if family.get("form") not in list(RuleForm):
        yield f"form: it is {family.get('form')!r}; write one of: {', '.join(RuleForm)}"
    if not _rules_in(family):
        yield "rule: it has no rules; add one under [[rule]]"
    named = family.get("statuses", {})
    if not isinstance(named, dict):
        yield "statuses: they are no table; write a name for each list under [statuses]"
        return
    for name, statuses in named.items():
        if fault := CHECKS["statuses"](statuses):
            yield f"statuses: {name}: {fault}"


def _faults_of_rule(rule: Mapping[str, Any], family: Written, version: int) -> Iterator[str]:
    form = RuleForm(family["form"])
    members = members_of(form)
    for name in missing_in(form, rule):
        yield f"{name}: it is missing; add it"
    for name, value in rule.items():
        if name not in members:
            yield f"{name}: {_unknown(name, tuple(sorted(members)))}"
            continue
        checked = _without_names(value, family) if name == "statuses" else value
        if fault := CHECKS[name](checked):
            yield f"{name}: {fault}"
    if form is RuleForm.PAGE and _is_fired_by_talk(rule):
        yield (
            "every: one phrase in a page of any status and length is often talk about the thing; "
            "add statuses, a body_limit or a second mark"
        )
    prefix = SHAPES[form].prefix
    if not str(rule.get("id", prefix)).startswith(prefix):
        yield f"id: it does not begin with {prefix}, as all of its form do; write it so"
    since = rule.get("since")
    if isinstance(since, int) and not 1 <= since <= version + 1:
        yield f"since: it is {since}, and the pack is at {version}; write {version + 1}"


def _is_fired_by_talk(rule: Mapping[str, Any]) -> bool:
    """Tell whether a phrase alone fires a rule, on whatever page it stands."""
    if rule.get("statuses") or "body_limit" in rule or rule.get("some"):
        return False
    marks = rule.get("every")
    if not isinstance(marks, list) or len(marks) != 1 or not isinstance(marks[0], dict):
        return False
    return marks[0].get("looks_at") == "body"


def _unknown(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name, known, 1)
    remedy = f"did you mean {close[0]}?" if close else f"write one of: {', '.join(known)}"
    return f"nothing is called so here; {remedy}"


def _without_names(value: object, family: Written) -> object:
    """Return a list of statuses with those of its names in their place."""
    named = family.get("statuses", {})
    if not isinstance(value, list) or not isinstance(named, dict):
        return value
    return list(_written_out(value, named))


def _written_out(statuses: list[Any], named: Mapping[str, Any]) -> Iterator[Any]:
    for item in statuses:
        known = named.get(item) if isinstance(item, str) else None
        yield from known if isinstance(known, list) else (item,)


def _doubles(file: str, rules: list[Mapping[str, Any]]) -> Iterator[str]:
    ids = [str(rule.get("id")) for rule in rules]
    for double in sorted({name for name in ids if ids.count(name) > 1}):
        yield f"{file}: {double}: id: it is there twice; give one of them another"


def statuses_of(rule: Mapping[str, Any], family: Written) -> frozenset[int]:
    """Return the statuses of a rule without fault, names and classes written out."""
    found: set[int] = set()
    for item in _written_out(rule.get("statuses", []), family.get("statuses", {})):
        if isinstance(item, str) and STATUS_CLASS.fullmatch(item):
            found.update(status for status in STATUSES if status // 100 == int(item[0]))
        else:
            found.add(item)
    return frozenset(found)
