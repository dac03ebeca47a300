import copy
from typing import Any

import pytest

from services.gateway.console.pages.check import check_page
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import CANCELLED_CHECK, FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK
from tests.unit.gateway.test_html import Reader
from tests.unit.gateway.translate.test_report import spoilt

FURTHER: Any = FURTHER_CHECKS


def check() -> Any:  # noqa: ANN401 - JSON
    return copy.deepcopy(COMPLETED_CHECK)


def test_the_verdict_comes_first_then_why_then_what_was_seen() -> None:
    text = Reader(check_page(check(), "http://h")).text
    parts = ("Analyzable: a", "API documentation of “Shop”", "CloudFront", "93.184.216.34", "curl")
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "shown", [*FURTHER_CHECKS.values(), CANCELLED_CHECK, COMPLETED_CHECK], ids=lambda c: c["status"]
)
def test_every_check_has_a_page_on_which_nothing_runs(shown: Any) -> None:  # noqa: ANN401 - JSON
    read = Reader(check_page(spoilt(shown), "http://h"))
    names = [name for name, _ in read.elements]
    assert names.count("script") == 2
    assert not {"img", "iframe", "object"} & {*names}
    assert not [a for _, a in read.elements if any(key.startswith("on") for key in a)]


def test_the_report_can_be_handed_on_in_both_forms() -> None:
    page = check_page(check(), "http://h")
    place = f"/console/checks/{check()['id']}"
    assert all(f'href="{place}/{name}"' in page for name in ("report.html", "report.pdf"))


def test_a_pending_check_is_followed_and_can_be_cancelled() -> None:
    page = check_page(FURTHER["pending"], "http://h")
    check_id = FURTHER["pending"]["id"]
    assert f'data-events="/console/checks/{check_id}/events"' in page
    assert f'action="/checks/{check_id}/cancel"' in page
    assert "data-events" not in check_page(check(), "http://h")


def test_several_vantage_points_have_a_lane_each() -> None:
    assert "lanes" not in check_page(check(), "http://h")
    several: Any = SEVERAL_CHECK
    text = Reader(check_page(several, "http://h")).text
    assert "from us-east-1, eu-west-1" in text
    assert text.rindex("Vantage points") < text.index("Certificate chain")
    assert '"vantage_points":["us-east-1","eu-west-1"],"quorum":"any"' in text


def test_of_several_that_are_awaited_it_is_said_who_is() -> None:
    pending: Any = copy.deepcopy(SEVERAL_CHECK)
    pending |= {"status": "pending", "analysis": None, "agreement": None}
    pending["vantages"][0] |= {"status": "pending", "analysis": None}
    read = Reader(check_page(pending, "http://h"))
    assert "Awaited: us-east-1 (1 of 2). " in read.text
    assert "Not analyzable" in read.text.partition("Vantage points")[2]
    [followed] = [a for _, a in read.elements if a.get("id") == "progress"]
    assert "until the last" in str(followed["data-under-way"])
    assert "data-under-way" not in check_page(FURTHER["pending"], "http://h")


def test_a_pending_check_without_scripts_is_not_said_to_be_followed() -> None:
    text = Reader(check_page(FURTHER["pending"], "http://h")).text
    assert "Waiting for the first word" not in text
    assert "Without scripts this page does not go on by itself." in text


def test_of_what_is_of_no_kind_none_is_claimed() -> None:
    nothing = check()
    nothing["analysis"] |= {"kind": "none", "auth_detected": False, "api_doc_detected": False}
    page = check_page(nothing, "http://h")
    assert "kind: none" not in page
    assert 'class="tags"' not in page
