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
from services.gateway.several_example import SEVERAL_CHECK
from tests.unit.gateway.test_html import Reader

POINTS = [
    {"name": "eu-west-1", "fit_probers": 0, "is_private": True, "tags": ["continent:eu"]},
]


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
    check: Any = COMPLETED_CHECK
    asked, was = request_of(form_of(check)), check["request"]
    assert {name: was[name] for name in asked if name in was} == {
        name: value for name, value in asked.items() if name in was
    }
    assert (asked["fqdn"], asked["vantage_point"]) == ("example.com", "eu-west-1")
    assert "vantage_points" not in asked
    assert "quorum" not in asked


def test_several_are_asked_for_again_as_they_were() -> None:
    check: Any = SEVERAL_CHECK
    asked = request_of(form_of(check))
    assert asked["vantage_points"] == ["us-east-1", "eu-west-1"]
    assert asked["quorum"] == "any"
    assert "vantage_point" not in asked
    validated(CheckRequest, asked)


def test_one_that_is_chosen_is_asked_as_one_and_all_as_all() -> None:
    one = {**DEFAULTS, "fqdn": "example.com", "place:eu-west-1": "on", "quorum": "all"}
    asked = request_of(one)
    assert asked["vantage_point"] == "eu-west-1"
    assert "quorum" not in asked
    every = request_of({**one, "everywhere": "on"})
    assert (every["vantage_points"], every["quorum"]) == ("all", "all")
    assert "vantage_point" not in every
    validated(CheckRequest, every)


def test_a_vantage_point_is_chosen_by_a_box_that_tells_its_tags() -> None:
    read = Reader(new_check_page(form_of(SEVERAL_CHECK), POINTS, "once", "http://h"))
    boxes = [a for name, a in read.elements if name == "input" and "place:" in str(a.get("name"))]
    assert [(box["name"], "checked" in box) for box in boxes] == [
        ("place:eu-west-1", True),
        ("place:us-east-1", True),
    ]
    assert "eu-west-1 private, no prober is fit, continent:eu" in read.text
    assert "us-east-1 unknown" in read.text
    assert "from eu-west-1, the default one" in read.text
    options = [a for name, a in read.elements if name == "option" and "selected" in a]
    assert options[0]["value"] == "any"


def test_what_was_typed_stays_text() -> None:
    form = {**DEFAULTS, "fqdn": '"><script>', "paths": "</textarea><script>"}
    read = Reader(new_check_page(form, POINTS, "once", "http://h", "<b>"))
    assert [a["value"] for _, a in read.elements if a.get("name") == "fqdn"] == ['"><script>']
    assert [name for name, _ in read.elements].count("script") == 2
    assert "no prober is fit" in read.text
