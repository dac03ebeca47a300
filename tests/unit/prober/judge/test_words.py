from typing import Any

import pytest

from services.prober.judge.pack import DECLARED, declared_in
from services.prober.judge.words import fields_of, words_of
from tests.unit.prober.judge.packs import PAGE, RULES, pack


def words(form: str, **changed: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - as TOML has it
    members = {**RULES[form], **changed}
    rule = {name: value for name, value in members.items() if value is not None}
    (declared,) = declared_in(pack(rule, form=form))
    return words_of(declared), fields_of(declared)


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ({"looks_at": "headers.x-wall"}, "the header x-wall"),
        ({"looks_at": "headers.x-wall-*"}, "a header whose name begins with x-wall-"),
        ({"looks_at": "headers.via", "is": "x"}, "the header via with a value that is “x”"),
        ({"looks_at": "headers.via", "is_not": "x"}, "the header via with a value that is not “x”"),
        ({"looks_at": "cookies", "begins": "w_"}, "a cookie with a name that begins with “w_”"),
        ({"looks_at": "title", "is": ""}, "no title"),
        ({"looks_at": "title", "contains": "x"}, "a title that holds “x”"),
        ({"looks_at": "reason", "contains": "x"}, "a reason phrase that holds “x”"),
        (
            {"looks_at": "location", "contains": "x", "matches": "^x?"},
            "a redirect to an address that matches “^x?”",
        ),
    ],
)
def test_a_mark_is_said_in_words(mark: dict[str, str], said: str) -> None:
    assert words("front", some=[mark]) == (said, (mark["looks_at"],))


def test_conditions_are_said_after_the_marks() -> None:
    said, fields = words("page", statuses=[403, 429, 503], body_limit=4096, text_limit=0)
    assert said == (
        "a body that holds “blocked by wall”, with status 403, 429 or 503, on a page of at most "
        "4096 characters, with at most 0 to read"
    )
    assert fields == ("body", "status_code")


def test_all_of_some_and_one_of_others() -> None:
    some = [{"looks_at": "cookies", "begins": "a"}, {"looks_at": "body", "contains": "b"}]
    said, fields = words("page", some=some)
    assert said == (
        "a body that holds “blocked by wall” and either a cookie with a name that begins with "
        "“a” or a body that holds “b”, with status 403"
    )
    assert fields == ("body", "cookies", "status_code")


def test_a_status_alone_is_all_there_is() -> None:
    assert words("page", every=None, statuses=[451]) == ("status 451", ("status_code",))


@pytest.mark.parametrize(
    ("form", "changed", "said", "fields"),
    [
        (
            "provider",
            {"hosts": ["a.example", "b.example"]},
            "a redirect to a.example or b.example",
            3,
        ),
        (
            "provider",
            {"hosts": None, "path": "/sso/"},
            "a redirect to an address with /sso/ in its path",
            3,
        ),
        (
            "provider",
            {"path": "/sso/"},
            "a redirect to id.wall.example, to an address with /sso/ in its path",
            3,
        ),
        (
            "viewer",
            {"scripts": ["w.js"], "filled": {"element": "w", "calls": ["w(", "v("]}},
            (
                "a script whose address holds “w.js”, the element <wall-api> or an element with "
                "the id “w” beside “w(” or “v(”"
            ),
            1,
        ),
        ("viewer", {"never": "w%"}, "the element <wall-api>; never on a page with “w%”", 1),
        ("listing", {}, "a title that begins with “files of”", 1),
        ("listing", {"title": None, "text": "<pre>\n"}, "a body that holds “<pre>”", 1),
        ("code", {}, "a wall", 2),
        ("sender", {}, "the header server with a value that is “wall”", 1),
    ],
)
def test_each_form_has_its_words(
    form: str, changed: dict[str, Any], said: str, fields: int
) -> None:
    told, looked_at = words(form, **changed)
    assert told == said
    assert len(looked_at) == fields


def test_every_rule_has_words_and_fields() -> None:
    for declared in DECLARED:
        assert words_of(declared)
        assert fields_of(declared)
        assert not words_of(declared).endswith(".")
    assert PAGE["id"] not in {declared.id for declared in DECLARED}
