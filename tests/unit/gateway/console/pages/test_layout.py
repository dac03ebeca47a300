from services.gateway.console.pages.layout import (
    Curl,
    bare,
    button_form,
    field,
    link,
    message_page,
    shell,
    table,
    tag,
)
from services.gateway.html import void
from tests.unit.gateway.test_html import Reader


def test_a_page_has_no_script_or_style_of_its_own() -> None:
    read = Reader(shell("Here", [], here="/checks"))
    scripts = [attributes for name, attributes in read.elements if name == "script"]
    assert [one["src"] for one in scripts] == ["/console/theme.js", "/console/page.js"]
    assert not [
        name for name, attributes in read.elements if name == "style" or "style" in attributes
    ]
    assert [a["href"] for _, a in read.elements if a.get("aria-current")] == ["/checks"]


def test_who_has_not_signed_in_sees_no_other_pages() -> None:
    assert "nav" not in [name for name, _ in Reader(bare("Sign in", [])).elements]
    assert "<b>" in Reader(message_page("Refused", "<b>")).text


def test_curl_is_told_so_that_a_shell_takes_it_as_it_is() -> None:
    told = str(Curl(base_url="https://h", path="/v1/x?a=b&c", method="POST", body={"a": "it's"}))
    assert told == (
        "curl -X POST -H \"x-api-key: $OUTSCOPE_API_KEY\" -H 'content-type: application/json' "
        "-d '{\"a\":\"it'\"'\"'s\"}' 'https://h/v1/x?a=b&c'"
    )


def test_parts_say_what_they_are() -> None:
    assert "<td>-</td><td>0</td>" in str(table(("A", "B"), [(None, 0)], "All"))
    assert str(tag("x", "bad")) == '<span class="tag bad">x</span>'
    assert str(link("/a", "b")) == '<a href="/a">b</a>'
    assert "<small>why</small>" in str(field("L", void("input"), "why"))
    assert 'action="/do"' in str(button_form("/do", "Do"))
