"""The corpus itself: each case is judged as a person would, and for the reason it gives."""

from typing import Final

import pytest

from services.prober.judge.decide import verdict_for
from tests.corpus.case import Case
from tests.corpus.compared import accepted_differences, unaccepted
from tests.corpus.facts import host_facts
from tests.corpus.judging import ACCEPTED as ACCEPTED_FILE
from tests.corpus.judging import judged, rules_of, told_rules
from tests.corpus.loader import cases
from tests.corpus.removal import without

CASES: Final = cases()
ACCEPTED: Final = accepted_differences(ACCEPTED_FILE)
JUDGED_RIGHT: Final = [case for case in CASES if case.name not in ACCEPTED]
AT_LEAST: Final = 150


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_is_judged_as_a_person_would(case: Case) -> None:
    one = judged(case)
    assert unaccepted([one], {case.name: ACCEPTED.get(case.name, {})}) == ()


@pytest.mark.parametrize("case", JUDGED_RIGHT, ids=str)
def test_without_the_matched_field_the_verdict_or_its_rule_is_another(case: Case) -> None:
    before = verdict_for(case.host)
    after = verdict_for(host_facts(without(case.facts, *case.decides.fields)))
    still = case.decides.rule in rules_of(after.reasons[:1])
    said = (before.analyzable, before.reasons[0].code)
    assert not still or (after.analyzable, after.reasons[0].code) != said


@pytest.mark.parametrize("case", JUDGED_RIGHT, ids=str)
def test_the_matched_field_is_what_the_rule_saw(case: Case) -> None:
    verdict = verdict_for(case.host)
    evidence = (item for reason in verdict.reasons[:1] for item in reason.evidence)
    seen = {item.field for item in evidence if item.rule == case.decides.rule}
    # What was served is evidence by its status and title; the body is what a visitor gets.
    owners = {field.rpartition(".")[0] for field in seen}
    for field in case.decides.fields[:1]:
        owner, _, name = field.rpartition(".")
        assert field in seen or (name == "body" and owner in owners)


@pytest.mark.parametrize("case", [case for case in JUDGED_RIGHT if case.also], ids=str)
def test_without_its_field_what_is_told_beside_is_not(case: Case) -> None:
    for mark in case.also:
        after = verdict_for(host_facts(without(case.facts, *mark.fields)))
        assert mark.rule not in told_rules(after)


def test_there_are_enough_cases_and_a_reason_for_each_accepted_difference() -> None:
    assert len(CASES) >= AT_LEAST
    assert all(known and all(known.values()) for known in ACCEPTED.values())


def test_no_two_cases_have_the_same_facts() -> None:
    facts = [repr(case.facts) for case in CASES]
    assert len(set(facts)) == len(facts)
