"""Tells whether a rule of the pack fires on a host, also where another decided before it."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from services.prober.facts import HostFacts
from services.prober.judge import findings, presence, sender
from services.prober.judge.decide import verdict_for
from services.prober.judge.page import Page, other_pages_of, pages_of
from services.prober.judge.rule import evidence_for
from tests.corpus.judging import told_rules

# Those of marks, which can be asked by themselves.
_RULES: Final = MappingProxyType(
    {rule.id: rule for rule in (*findings.RULES, *presence.RULES, *sender.EDGES, *sender.ORIGINS)}
)


def fires(rule: str, facts: HostFacts) -> bool:
    """Tell whether a rule fires on any answer, or is told of the host."""
    asked = _RULES.get(rule)
    is_seen = asked is not None and any(evidence_for(asked, page) for page in _answers(facts))
    return is_seen or rule in told_rules(verdict_for(facts))


def _answers(facts: HostFacts) -> Iterator[Page]:
    pages = pages_of(facts)
    for page in (*pages, *other_pages_of(facts, pages)):
        yield from (*page.before, page)
