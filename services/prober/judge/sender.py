"""Tells whether an error was sent by whoever stands in front, or by the server behind.

Law: only what is certain is said. A page that only the edge has shows the edge; a mark that only
application servers leave shows the origin; a status alone shows neither.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from services.prober.judge.codes import Code, Standing
from services.prober.judge.findings import Finding
from services.prober.judge.pack import declared_as, rule_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.page import Page
from services.prober.judge.rule import Rule, evidence_for
from services.prober.judge.sieve import Sieve
from services.prober.judge.verdict import Evidence

_SERVER_ERRORS: Final = range(500, 600)
_ERRORS: Final = frozenset({400, 401, 403, 404, 405, 410, *_SERVER_ERRORS})


def _rules_of(side: str) -> Iterator[Rule]:
    for declared in declared_as(RuleForm.SENDER):
        if declared.members["side"] == side:
            yield replace(rule_of(declared), statuses=_ERRORS)


# Whoever stands in front, by pages that only they have.
EDGES: Final = tuple(_rules_of("edge"))
# The server behind, by frameworks and their sessions.
ORIGINS: Final = tuple(_rules_of("origin"))

_OF_EDGES: Final = Sieve(EDGES)
_OF_ORIGIN: Final = Sieve(ORIGINS)

# What the sender of the answer changes; of the others the message names whose it is.
_OPEN_CODES: Final = frozenset(
    {
        Code.AMBIGUOUS,
        Code.API_ERROR,
        Code.AUTH_REQUIRED,
        Code.CLIENT_ERROR,
        Code.DENIED_ALIKE,
        Code.NOT_FOUND,
        Code.UNAVAILABLE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who sent an error; vendor is who stands in front, of either."""

    vendor: str
    is_edge: bool
    evidence: tuple[Evidence, ...]


def sender_of(finding: Finding, in_front: str) -> Sender | None:
    """Return who sent an error; None where that is not certain, or no question.

    in_front names who stands in front of the answer; empty when nobody is known to.
    """
    if finding.code not in _OPEN_CODES or finding.page.status not in _ERRORS:
        return None
    for rule, evidence in _fired(_OF_EDGES, finding.page):
        return Sender(vendor=rule.vendor, is_edge=True, evidence=evidence)
    for _, evidence in _fired(_OF_ORIGIN, finding.page) if in_front else ():
        return Sender(vendor=in_front, is_edge=False, evidence=evidence)
    return None


def senders_of(
    findings: Iterable[Finding], present: Mapping[str, Iterable[tuple[str, object]]]
) -> dict[str, Sender]:
    """Return who sent the errors, where that is certain, by the field of their answer.

    Present is who stands in front of each answer, with what showed it.
    """
    found: dict[str, Sender] = {}
    for finding in findings:
        where = finding.page.where
        in_front_of_it = next((vendor for vendor, _ in present[where]), "")
        sender = sender_of(finding, in_front_of_it)
        if sender is not None:
            found[where] = sender
    return found


def _fired(sieve: Sieve, page: Page) -> Iterator[tuple[Rule, tuple[Evidence, ...]]]:
    for rule in sieve.candidates(page):
        evidence = _marks_of(rule, page)
        if evidence:
            yield rule, evidence


def _marks_of(rule: Rule, page: Page) -> tuple[Evidence, ...]:
    """Return what makes a rule fire, without the status that every finding shows already."""
    status = f"{page.where}.status_code"
    return tuple(item for item in evidence_for(rule, page) if item.field != status)


def message_with(sender: Sender, message: str, finding: Finding, visitor: str) -> str:
    """Return a finding's message with who sent the answer in it; visitor is as whom we came."""
    answer = f"{finding.page.asked} answered {finding.page.status}"
    if finding.standing is not Standing.UNCLEAR:
        who = f"{sender.vendor}, not by the origin" if sender.is_edge else _behind(sender)
        return f"{message.removesuffix('.')} (answered by {who})."
    if sender.is_edge:
        return (
            f"{answer}, sent by {sender.vendor} and not by the origin; see there why, and allow "
            f"{visitor}, or repair the origin behind it."
        )
    return (
        f"{answer}, sent by {_behind(sender)}; the application denies this or fails, so check a "
        "path that is known to work."
    )


def _behind(sender: Sender) -> str:
    return f"the server behind {sender.vendor}"
