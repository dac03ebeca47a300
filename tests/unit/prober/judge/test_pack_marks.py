import re
from typing import Any

import pytest

from services.prober.judge.pack_marks import fault_of_marks, mark_of
from services.prober.judge.rule import How, Mark, Where


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        (
            {"looks_at": "headers.x-wall"},
            Mark(where=Where.HEADER, how=How.PRESENT, name="x-wall"),
        ),
        (
            {"looks_at": "headers.x-wall-*"},
            Mark(where=Where.HEADER, how=How.PRESENT, name="x-wall-*"),
        ),
        (
            {"looks_at": "headers.x-wall", "is_not": "off"},
            Mark(where=Where.HEADER, how=How.IS_NOT, name="x-wall", text="off"),
        ),
        ({"looks_at": "title", "is": ""}, Mark(where=Where.TITLE, how=How.IS)),
        (
            {"looks_at": "cookies", "begins": "wall_"},
            Mark(where=Where.COOKIE, how=How.BEGINS, text="wall_"),
        ),
        (
            {"looks_at": "body", "contains": "wall"},
            Mark(where=Where.BODY, how=How.CONTAINS, text="wall"),
        ),
        (
            {"looks_at": "reason", "contains": "wall"},
            Mark(where=Where.REASON, how=How.CONTAINS, text="wall"),
        ),
        (
            {"looks_at": "location", "contains": "wall", "matches": "/wall/[0-9]{1,4}"},
            Mark(
                where=Where.LOCATION,
                how=How.MATCHES,
                text="wall",
                pattern=re.compile("/wall/[0-9]{1,4}"),
            ),
        ),
    ],
)
def test_a_mark_is_read_as_the_judge_uses_it(written: dict[str, Any], mark: Mark) -> None:
    assert fault_of_marks([written]) == ""
    assert mark_of(written) == mark


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ([], "it has no marks"),
        ("body", "it has no marks"),
        (["body"], "mark 1: it is no mark"),
        ([{"contains": "x"}], "mark 1: looks_at is None; write one of: headers.<name>, cookies"),
        ([{"looks_at": "headers.X-Wall"}], "looks_at is 'headers.X-Wall'"),
        ([{"looks_at": "headers.a"}, {"looks_at": "page"}], "mark 2: looks_at is 'page'"),
        ([{"looks_at": "body", "has": "x"}], "nothing is called 'has'; write one of: begins"),
        ([{"looks_at": "title", "is": "x", "begins": "x"}], "it compares in 2 ways; write one"),
        ([{"looks_at": "title"}], "it does not say what of the title"),
        ([{"looks_at": "body", "is": "x"}], "a body is too long"),
        ([{"looks_at": "body", "matches": "x"}], "beside matches stands contains"),
        ([{"looks_at": "title", "matches": "x", "is": "x"}], "beside matches stands contains"),
        ([{"looks_at": "title", "is_not": "x"}], "true of nearly everything"),
        ([{"looks_at": "title", "contains": ""}], "contains is empty"),
        ([{"looks_at": "title", "contains": "Wall"}], "contains has capitals"),
        ([{"looks_at": "title", "contains": 4}], "contains is no text"),
        ([{"looks_at": "body", "contains": "x" * 201}], "at most 200 characters"),
        (
            [{"looks_at": "body", "contains": "x", "matches": "x+"}],
            "mark 1: matches: it repeats without an end; write how often",
        ),
    ],
)
def test_what_is_no_mark_is_refused_with_its_remedy(written: object, fault: str) -> None:
    assert fault in fault_of_marks(written)
