import re
from dataclasses import replace

import pytest

from services.prober.judge.rule import (
    Effect,
    How,
    Mark,
    Rule,
    Where,
    evidence_for,
)
from tests.unit.prober.judge.marks import (
    body,
    cookie,
    header,
    header_begins,
    header_has,
    header_is,
    header_is_not,
    location_has,
    reason_has,
    title,
    title_has,
    title_is,
)
from tests.unit.prober.judge.shapes import answer, ready

SENT = replace(
    answer(
        403,
        "<title>Go Away Now</title><p>Blocked Here</p>",
        headers=(("x-wall", " Deny "), ("set-cookie", "WallId=1"), ("location", "/Gone")),
    ),
    reason="Wall Action",
)
PAGE = ready(SENT)


def matches(where: Where, text: str, pattern: str) -> Mark:
    return Mark(where=where, how=How.MATCHES, text=text, pattern=re.compile(pattern))


def fires(*every: Mark, **more: object) -> list[tuple[str, str]]:
    made = Rule(id="r", effect=Effect.BLOCK, vendor="Wall", every=every)
    rule = replace(made, **more)  # type: ignore[arg-type]  # fields by name
    return [(item.field.removeprefix("paths[0]."), item.value) for item in evidence_for(rule, PAGE)]


@pytest.mark.parametrize(
    ("mark", "field", "value"),
    [
        (header("x-wall"), "headers.x-wall", " Deny "),
        (header("x-w*"), "headers.x-wall", " Deny "),
        (header_is("x-wall", "deny"), "headers.x-wall", " Deny "),
        (header_is_not("x-wall", "allow"), "headers.x-wall", " Deny "),
        (header_begins("x-wall", "de"), "headers.x-wall", " Deny "),
        (header_has("x-wall", "en"), "headers.x-wall", " Deny "),
        (cookie("wall"), "headers.set-cookie", "wallid"),
        (title("go away"), "title", "Go Away Now"),
        (title_is("go away now"), "title", "Go Away Now"),
        (title_has("away"), "title", "Go Away Now"),
        (body("blocked here"), "body", "blocked here"),
        (reason_has("wall action"), "reason", "Wall Action"),
        (location_has("gone"), "location", "/Gone"),
        (matches(Where.BODY, "here", "blocked h.re"), "body", "blocked here"),
        (matches(Where.TITLE, "away", "^go .{4} now$"), "title", "Go Away Now"),
        (matches(Where.COOKIE, "wall", "^wall[a-z]{2}$"), "headers.set-cookie", "wallid"),
    ],
)
def test_a_mark_is_seen_without_regard_to_case(mark: Mark, field: str, value: str) -> None:
    assert fires(mark) == [(field, value)]


@pytest.mark.parametrize(
    "mark",
    [
        matches(Where.BODY, "here", "^here"),
        matches(Where.TITLE, "stay", "go"),
        matches(Where.COOKIE, "wall", "^wall$"),
        header("x-other"),
        header("y-*"),
        header_is("x-wall", "den"),
        header_is_not("x-wall", "deny"),
        header_is_not("x-other", "deny"),
        header_begins("x-wall", "eny"),
        header_has("x-wall", "allow"),
        cookie("id"),
        title("away"),
        title_is("go away"),
        title_has("stay"),
        body("not there"),
        reason_has("forbidden"),
        location_has("here"),
    ],
)
def test_a_mark_that_is_not_there_is_not_seen(mark: Mark) -> None:
    assert fires(mark) == []


def test_every_mark_and_one_of_some_are_needed() -> None:
    there, missing = header("x-wall"), header("x-none")
    assert fires(there, missing) == []
    assert fires(there, some=(missing,)) == []
    assert fires(there, some=(missing, title("go"))) == [
        ("headers.x-wall", " Deny "),
        ("title", "Go Away Now"),
    ]


def test_the_status_gates_and_is_part_of_the_evidence() -> None:
    assert fires(header("x-wall"), statuses=frozenset({200})) == []
    assert fires(header("x-wall"), statuses=frozenset({403})) == [
        ("headers.x-wall", " Deny "),
        ("status_code", "403"),
    ]


def test_a_long_body_is_talk_about_the_thing() -> None:
    assert fires(body("blocked here"), body_limit=10) == []
    assert fires(body("blocked here"), text_limit=5) == []
    assert fires(body("blocked here"), text_limit=12) == [("body", "blocked here")]
