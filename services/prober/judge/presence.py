"""Who stands in front of a host, by headers and cookies: recorded, never decisive."""

from typing import Final

from services.prober.judge.pack import declared_as, rule_of
from services.prober.judge.pack_schema import RuleForm
from services.prober.judge.page import Page
from services.prober.judge.rule import evidence_for
from services.prober.judge.sieve import Sieve
from services.prober.judge.verdict import Evidence

RULES: Final = tuple(rule_of(declared) for declared in declared_as(RuleForm.FRONT))

_SIEVE: Final = Sieve(RULES)


def in_front(page: Page) -> tuple[tuple[str, tuple[Evidence, ...]], ...]:
    """Return each vendor seen in front of an answer, with what showed it."""
    found = ((rule.vendor, evidence_for(rule, page)) for rule in _SIEVE.candidates(page))
    return tuple((vendor, evidence) for vendor, evidence in found if evidence)
