from typing import Any

from services.gateway.console.pages.new_check import (
    DEFAULTS,
    form_of,
    new_check_page,
    request_of,
)
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.request import validated
from tests.unit.gateway.test_html import Reader

POINTS = [{"name": "eu-west-1", "fit_probers": 0}]


def test_the_form_as_it_is_first_shown_asks_for_what_the_api_takes() -> None:
    asked = request_of({**DEFAULTS, "fqdn": " example.com "})
    assert asked["fqdn"] == "example.com"
    assert asked["ports"] == [80, 443]
    validated(CheckRequest, asked)


def test_what_is_no_number_goes_on_as_it_is() -> None:
    assert request_of({**DEFAULTS, "ports": "80 x"})["ports"] == [80, "x"]
    endless = "9" * 5000
    asked = request_of({**DEFAULTS, "ports": endless, "max_redirects": endless})
    assert (asked["ports"], asked["max_redirects"]) == ([endless], endless)


def test_a_check_is_asked_for_again_as_it_was() -> None:
    was: Any = COMPLETED_CHECK["request"]
    form = form_of(was, "example.com", "eu-west-1")
    asked = request_of(form)
    assert {name: was[name] for name in asked if name in was} == {
        name: value for name, value in asked.items() if name in was
    }
    assert asked["vantage_point"] == "eu-west-1"


def test_what_was_typed_stays_text() -> None:
    form = {**DEFAULTS, "fqdn": '"><script>', "paths": "</textarea><script>"}
    read = Reader(new_check_page(form, POINTS, "once", "http://h", "<b>"))
    assert [a["value"] for _, a in read.elements if a.get("name") == "fqdn"] == ['"><script>']
    assert [name for name, _ in read.elements].count("script") == 2
    assert "no prober is fit" in read.text
