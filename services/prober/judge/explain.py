"""Tells which rules were asked of a host and what came of it, after the verdict: no part of it.

What decided and fired is in the verdict's reasons. What was seen and did not count is found by
asking each rule once more without its conditions; so judging pays nothing for being explained.
What was asked and saw nothing is the rest of the pack.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from services.prober.facts import HostFacts
from services.prober.judge.control import control_of, discovered_pages, gated
from services.prober.judge.findings import RULES, Finding, finding_for
from services.prober.judge.interstitials import challenge_in, waiting_room_in
from services.prober.judge.pack import DECLARED, Declared
from services.prober.judge.page import Page, other_pages_of, pages_of
from services.prober.judge.presence import in_front
from services.prober.judge.rule import Effect, Rule, evidence_for
from services.prober.judge.sender import senders_of
from services.prober.judge.sentences import sentence_of
from services.prober.judge.sieve import Sieve
from services.prober.judge.verdict import Evidence, Verdict, seen
from services.prober.judge.words import fields_of, words_of

_MOST: Final = 200
_NO_LIMIT: Final = 2**31
_ANSWER: Final = re.compile(
    r"paths\[\d+\](?:\.redirects\[\d+\]\.answer|\.other_addresses\[\d+\])?|ports\[\d+\](?:\.probe)?"
    r"|control|discovered\[\d+\]"
)
# Of each rule, said once.
_LOOKS_FOR: Final = {
    declared.id: f"It looks for {words_of(declared)}; nothing of this check shows it."
    for declared in DECLARED
}
_FIELDS: Final = {declared.id: fields_of(declared) for declared in DECLARED}
# Fields that every check has, those of the answer to the random path, and what needs no answer.
_OF_EVERY_CHECK: Final = ("dns.", "observer.")
_OF_CONTROL: Final = "control."
_OF_THE_NETWORK: Final = "network"
# A status under which each weak mark counts.
_DENIED: Final = 403


class Role(StrEnum):
    """What a rule had to do with a verdict, in the order in which it is told."""

    DECIDED = "decided"
    FIRED = "fired"
    # Something before it had decided what the answer is.
    OUTRANKED = "outranked"
    # What it looks for was seen, but not under its conditions.
    GATED = "gated"
    # It shows who stands in front, which never decides.
    PRESENT = "present"
    # It was asked, and nothing of what it looks for was seen.
    CONSIDERED = "considered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One rule that was asked, and what came of it."""

    rule: str
    role: Role
    # The answer it looked at, such as paths[0]; empty when it looked at no single one.
    where: str
    # One sentence for people.
    message: str
    evidence: tuple[Evidence, ...]


_ORDER: Final = {role: index for index, role in enumerate(Role)}
# A rule without marks goes by the status alone; without that it says nothing.
_GATED: Final = {
    rule.id: rule for rule in RULES if (rule.every or rule.some) and rule.effect != Effect.PRESENT
}
_UNGATED: Final = Sieve(
    replace(rule, statuses=frozenset(), body_limit=_NO_LIMIT, text_limit=_NO_LIMIT)
    for rule in _GATED.values()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answers:
    """What the answers of a host are, each by itself and as the random path lets it stand."""

    pages: tuple[Page, ...]
    findings: tuple[Finding, ...]
    counted: tuple[Finding, ...]
    # Of each code and answer that shows it, the sentence about that answer.
    sentences: Mapping[tuple[str, str], str]


def considered_rules(facts: HostFacts, verdict: Verdict) -> tuple[Considered, ...]:
    """Return every rule that was asked: those that had something to say by role, then the others.

    At most 200 of the former, the most telling; of the latter each once.
    """
    answers = _answers_of(facts)
    told = tuple(_told(verdict, answers))
    known = {(each.rule, each.where) for each in told}
    rest: list[Considered] = []
    for each in (*_beside(answers), *_listed(verdict)):
        if (each.rule, each.where) not in known:
            known.add((each.rule, each.where))
            rest.append(each)
    spoke = sorted((*told, *rest), key=lambda each: _ORDER[each.role])
    named = {each.rule for each in spoke}
    return (*spoke[:_MOST], *_unseen(facts, answers, named))


def _answers_of(facts: HostFacts) -> _Answers:
    if not facts.dns.outcome.ok:
        return _Answers(pages=(), findings=(), counted=(), sentences={})
    pages = pages_of(facts)
    control = control_of(facts)
    answers = (*pages, *other_pages_of(facts, pages), *discovered_pages(facts, control))
    findings = tuple(finding_for(page, facts) for page in answers)
    present = {finding.page.where: in_front(finding.page) for finding in findings}
    counted = gated(findings, control, present, facts)
    senders = senders_of(counted, present)
    sentences: dict[tuple[str, str], str] = {}
    for finding in counted:
        sentence = sentence_of(finding, senders.get(finding.page.where), facts)
        for _, where, _ in _by_answer(finding.evidence):
            sentences.setdefault((finding.code, where), sentence)
    return _Answers(pages=answers, findings=findings, counted=counted, sentences=sentences)


def _told(verdict: Verdict, answers: _Answers) -> Iterator[Considered]:
    """Yield what the reasons tell, one for each rule and answer; the first of all decided.

    A reason speaks of the first of its answers, so each of them has a sentence of its own.
    """
    for number, reason in enumerate(verdict.reasons):
        for place, (rule, where, evidence) in enumerate(_by_answer(reason.evidence)):
            role = Role.DECIDED if not number and not place else Role.FIRED
            if reason.code == Effect.PRESENT:
                role = Role.PRESENT
            message = answers.sentences.get((reason.code, where), reason.message)
            yield Considered(rule=rule, role=role, where=where, message=message, evidence=evidence)


def _unseen(facts: HostFacts, answers: _Answers, named: Collection[str]) -> Iterator[Considered]:
    """Yield the rules that were asked and saw nothing of what they look for."""
    for declared in DECLARED:
        if declared.id not in named and _was_asked(declared, facts, answers):
            yield Considered(
                rule=declared.id,
                role=Role.CONSIDERED,
                where="",
                message=_LOOKS_FOR[declared.id],
                evidence=(),
            )


def _was_asked(declared: Declared, facts: HostFacts, answers: _Answers) -> bool:
    """Tell whether there was what a rule looks at: the name, a port, an answer, the random path."""
    fields = _FIELDS[declared.id]
    if any(field.startswith(_OF_EVERY_CHECK) for field in fields):
        return True
    if any(field.startswith(_OF_CONTROL) for field in fields):
        return facts.control is not None and bool(answers.pages)
    return facts.dns.outcome.ok if declared.family == _OF_THE_NETWORK else bool(answers.pages)


def _listed(verdict: Verdict) -> Iterator[Considered]:
    """Yield what the map of authentication and the list of documents rest on."""
    paths = verdict.authentication.paths if verdict.authentication else ()
    shown = [
        *((f"It is told of {path.path}, which is {path.state}.", path.evidence) for path in paths),
        *(
            (f"It shows or names API documentation ({document.type}).", document.evidence)
            for document in verdict.documents
        ),
    ]
    for message, listed in shown:
        for rule, where, evidence in _by_answer(listed):
            yield Considered(
                rule=rule, role=Role.FIRED, where=where, message=message, evidence=evidence
            )


def _by_answer(
    evidence: tuple[Evidence, ...],
) -> Iterator[tuple[str, str, tuple[Evidence, ...]]]:
    """Yield rule, answer and evidence, one for each rule and answer."""
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for item in evidence:
        found = _ANSWER.match(item.field)
        groups.setdefault((item.rule, found.group() if found else ""), []).append(item)
    for (rule, where), items in groups.items():
        yield rule, where, tuple(items)


def _beside(answers: _Answers) -> Iterator[Considered]:
    """Yield what each answer has to say, and those whose redirects led to it."""
    each = zip(answers.pages, answers.findings, answers.counted, strict=True)
    for last, finding, counts in each:
        yield from _used(last, finding, counts)
        for page in (*last.before, last):
            yield from _unused(page)
            yield from _weak_marks(page)


def _used(page: Page, finding: Finding, counts: Finding) -> Iterator[Considered]:
    """Yield what made an answer what it is: the reasons leave out what tells them nothing new."""
    message = f"It made the answer to {page.asked} count as {counts.code}."
    yield from _seen_by(counts, Role.FIRED, message)
    if counts.code is not finding.code:
        message = f"By itself {page.asked} was {finding.code}; the random path shows otherwise."
        yield from _seen_by(finding, Role.GATED, message)


def _seen_by(finding: Finding, role: Role, message: str) -> Iterator[Considered]:
    for rule, where, evidence in _by_answer(finding.evidence):
        yield Considered(rule=rule, role=role, where=where, message=message, evidence=evidence)


def _unused(page: Page) -> Iterator[Considered]:
    """Yield the rules whose marks an answer has; which of them count was decided elsewhere."""
    for ungated in _UNGATED.candidates(page):
        rule = _GATED[ungated.id]
        if evidence := evidence_for(rule, page):
            yield _outranked(rule.id, page, evidence)
        elif evidence := evidence_for(ungated, page):
            message = f"{rule.vendor}: {' and '.join(_conditions_missed(rule, page))}."
            yield Considered(
                rule=rule.id,
                role=Role.GATED,
                where=page.where,
                message=message,
                evidence=_with_status(rule.id, page, evidence),
            )


def _outranked(rule: str, page: Page, evidence: tuple[Evidence, ...]) -> Considered:
    message = f"It fits {page.asked}, but what that answer is had been decided before it."
    return Considered(
        rule=rule, role=Role.OUTRANKED, where=page.where, message=message, evidence=evidence
    )


def _conditions_missed(rule: Rule, page: Page) -> Iterator[str]:
    if rule.statuses and page.status not in rule.statuses:
        statuses = ", ".join(map(str, sorted(rule.statuses)))
        yield f"what it looks for counts only with status {statuses}, and this was {page.status}"
    if len(page.lowered) > rule.body_limit:
        yield (
            f"what it looks for counts only on a page of at most {rule.body_limit} characters, "
            f"and this has {len(page.lowered)}"
        )
    if rule.text_limit < len(page.lowered):
        yield f"it counts only on a page with at most {rule.text_limit} characters to read"


def _with_status(rule: str, page: Page, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return evidence with the status there was."""
    field = f"{page.where}.status_code"
    kept = (item for item in evidence if item.field != field)
    return (*kept, seen(rule, field, page.status))


def _weak_marks(page: Page) -> Iterator[Considered]:
    """Yield the marks of challenges and queues of no known vendor."""
    denied = replace(page, status=_DENIED)
    for marks in (challenge_in, waiting_room_in):
        evidence = marks(page)
        if evidence:
            yield _outranked(evidence[0].rule, page, evidence)
        elif evidence := marks(denied):
            rule = evidence[0].rule
            yield Considered(
                rule=rule,
                role=Role.GATED,
                where=page.where,
                message=(
                    "Such a mark counts with a status that denies, or on a page that shows "
                    f"nothing but a script; {page.asked} answered {page.status}."
                ),
                evidence=_with_status(rule, page, evidence),
            )
