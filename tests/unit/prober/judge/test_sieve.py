"""A rule that fires is never passed over; that nearly all others are is what the sieve is for."""

import re
from dataclasses import replace

import pytest

from services.prober.facts import PathFacts
from services.prober.judge import findings, presence
from services.prober.judge.rule import (
    Effect,
    How,
    Mark,
    Rule,
    Where,
    evidence_for,
)
from services.prober.judge.sieve import Sieve
from tests.unit.prober.judge.marks import (
    body,
    cookie,
    header,
    header_is,
    header_is_not,
    location_has,
    title_is,
)
from tests.unit.prober.judge.shapes import answer, ready

RULES = (*findings.RULES, *presence.RULES)
SIEVE = Sieve(RULES)
ORDINARY = answer(
    200,
    "<!doctype html><title>A small site</title><p>Served.</p>",
    headers={"server": "nginx", "date": "Mon, 1 Jan 2024 00:00:00 GMT", "etag": '"1"'},
)


def sent_for(rule: Rule, marks: tuple[Mark, ...]) -> PathFacts:
    """Return an answer that holds exactly these marks of a rule, in upper case."""
    text = dict.fromkeys(Where, "")
    headers: list[tuple[str, str]] = []
    for mark in marks:
        value = f"not {mark.text}" if mark.how is How.IS_NOT else mark.text.upper()
        if mark.where is Where.HEADER:
            headers.append((mark.name.replace("*", "any"), value))
        elif mark.where is Where.COOKIE:
            headers.append(("set-cookie", f"{value}=1"))
        else:
            text[mark.where] += value
    sent = answer(min(rule.statuses, default=200), text[Where.BODY], headers=headers)
    return replace(
        sent,
        title=text[Where.TITLE],
        reason=text[Where.REASON],
        location=text[Where.LOCATION],
    )


WAYS = [
    pytest.param(rule, (*rule.every, *one), id=f"{rule.id}-{number}")
    for rule in RULES
    for number, one in enumerate([(mark,) for mark in rule.some] or [()])
    # What a pattern matches is not known from it; the corpus has a case of each.
    if all(mark.pattern is None for mark in (*rule.every, *one))
]


@pytest.mark.parametrize(("rule", "marks"), WAYS)
def test_every_way_a_rule_can_fire_passes(rule: Rule, marks: tuple[Mark, ...]) -> None:
    page = ready(sent_for(rule, marks))
    assert evidence_for(rule, page)
    assert rule in SIEVE.candidates(page)


@pytest.mark.parametrize(
    ("said", "fires"), [("Wall 42", True), ("The wall of fame", False), ("Fence 42", None)]
)
def test_a_pattern_is_asked_only_where_its_text_is(said: str, *, fires: bool | None) -> None:
    mark = Mark(where=Where.BODY, how=How.MATCHES, text="wall", pattern=re.compile("wall [0-9]{2}"))
    rule = a_rule(mark)
    page = ready(answer(200, said))
    candidates = list(Sieve([rule]).candidates(page))
    assert candidates == ([] if fires is None else [rule])
    assert bool(evidence_for(rule, page)) is bool(fires)


def test_an_ordinary_page_leaves_next_to_nothing_to_ask() -> None:
    left = {rule.id for rule in SIEVE.candidates(ready(ORDINARY))}
    markless = {rule.id for rule in RULES if not (rule.every or rule.some)}
    assert left <= markless


def a_rule(*every: Mark, some: tuple[Mark, ...] = (), body_limit: int = 65536) -> Rule:
    return Rule(
        id="r",
        effect=Effect.BLOCK,
        vendor="Wall",
        every=every,
        some=some,
        body_limit=body_limit,
    )


@pytest.mark.parametrize(
    "rule",
    [
        a_rule(header("x-other"), body("served")),
        a_rule(header("x-*")),
        a_rule(header_is_not("x-other", "1")),
        a_rule(header_is("server", "wall")),
        a_rule(cookie("sid")),
        a_rule(location_has("/gone")),
        a_rule(title_is("another site")),
        a_rule(some=(body("blocked"), header("x-other"))),
        a_rule(body("served"), body_limit=10),
    ],
)
def test_a_rule_whose_mark_is_not_there_is_passed_over(rule: Rule) -> None:
    assert list(Sieve([rule]).candidates(ready(ORDINARY))) == []


def test_candidates_keep_the_order_of_the_rules() -> None:
    rules = (a_rule(body("served")), a_rule(header("etag")), a_rule(title_is("")), a_rule())
    assert tuple(Sieve(rules).candidates(ready(ORDINARY))) == rules


@pytest.mark.parametrize("where", [Where.TITLE, Where.REASON, Where.LOCATION])
def test_a_rule_that_fires_where_nothing_is_said_passes(where: Where) -> None:
    rule = a_rule(Mark(where=where, how=How.IS_NOT, text="a wall"))
    page = ready(replace(ORDINARY, title="", reason="", location=""))
    assert evidence_for(rule, page)
    assert list(Sieve([rule]).candidates(page)) == [rule]


def test_a_text_seen_before_is_judged_for_each_answer_and_another_text_anew() -> None:
    sieve = Sieve([a_rule(body("walled off"))])
    plain = ready(answer(200, "<p>Served.</p>"))
    walled = ready(answer(403, "<p>Walled off.</p>"))
    again = replace(walled, where="ports[1].probe")
    found = [list(sieve.candidates(page)) for page in (plain, walled, again, plain)]
    assert [len(rules) for rules in found] == [0, 1, 1, 0]
