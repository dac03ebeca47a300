import pytest

from services.prober.facts import PathFacts
from services.prober.judge.findings import finding_for
from services.prober.judge.login_page import is_only_a_login
from tests.unit.prober.judge.shapes import answer, host, ready, redirect

FORM = "<form><input name=u><input type=password></form>"
TITLE = "<title>Sign in</title>"


def links(count: int) -> str:
    return '<a href="/x">x</a>' * count


def words(count: int) -> str:
    return "<p>" + "word " * count


@pytest.mark.parametrize(
    ("facts", "alone"),
    [
        (answer(200, FORM), True),
        (answer(200, FORM + links(12)), True),
        (answer(200, FORM + links(13)), False),
        (answer(200, TITLE + FORM + links(13)), True),
        (answer(200, TITLE + FORM + links(26)), False),
        (answer(200, FORM + words(100)), False),
        (answer(200, TITLE + FORM + words(100)), True),
        (answer(200, TITLE + FORM + words(300)), False),
        (answer(200, FORM + words(100), path="/login?next=%2F"), True),
        (answer(200, FORM + words(300), path="/login?next=%2F"), False),
        (redirect("/login"), True),
    ],
)
def test_a_login_has_little_beside_it(facts: PathFacts, *, alone: bool) -> None:
    assert is_only_a_login(finding_for(ready(facts), host(facts))) is alone
