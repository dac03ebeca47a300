import pytest

from services.prober.judge.login_link import login_link_in
from tests.unit.prober.judge.shapes import HOST, answer, json, ready

LINKS = {
    '<a href="/login">Log in</a>': f"https://{HOST}/login",
    "<a class=x href='/Account/SignIn?next=%2F&amp;a=b'>": (
        f"https://{HOST}/Account/SignIn?next=%2F&a=b"
    ),
    '<A HREF="https://id.example.com/users/sign_in">': "https://id.example.com/users/sign_in",
    '<p>how to login</p><a href="/x">x</a><a href=/sso/start>go</a>': f"https://{HOST}/sso/start",
    '<a href="/blogindex">b</a><a href="/u/login">l</a>': f"https://{HOST}/u/login",
}
NONE = {
    "words": '<a href="/a">a</a> You have to login first.',
    "register": '<a href="/signup?next=login">Sign up</a><a href="/register/login">x</a>',
    "another site": '<a href="https://elsewhere.org/login">Log in</a>',
    "a style": '<a href="/a">a</a><link href="/login.css">',
    "a script": '<a href="/a">a</a><a href="/login.js">x</a>',
    "another attribute": '<a data-to="/login" href="/a">a</a>',
    "a scheme that is no web address": '<a href="mailto:login@example.com">a</a>',
    "an address that is none": '<a href="http://[login">a</a>',
}


@pytest.mark.parametrize("body", LINKS)
def test_the_link_to_a_login_is_found_and_made_absolute(body: str) -> None:
    found = login_link_in(ready(answer(200, f"<title>Shop</title>{body}")), HOST)
    assert found is not None
    assert found[0] == LINKS[body]
    assert found[1][0].rule == "auth.login_link"


@pytest.mark.parametrize("name", NONE)
def test_anything_else_is_none(name: str) -> None:
    assert login_link_in(ready(answer(200, NONE[name])), HOST) is None


def test_only_pages_are_looked_at() -> None:
    assert login_link_in(ready(json(200, '{"a":"<a href=/login>"}')), HOST) is None


def test_an_address_is_found_where_lowering_changes_lengths() -> None:
    page = ready(answer(200, '\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}<a href="/login">x</a>'))
    found = login_link_in(page, HOST)
    assert found is not None
    assert found[0] == f"https://{HOST}/login"
