import copy
from typing import Any

from services.gateway.console.pages.lanes import lanes
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS
from services.gateway.several_example import SEVERAL_CHECK
from tests.unit.gateway.test_html import Reader

FAILED: Any = FURTHER_CHECKS["failed"]


def several(**answer: object) -> Any:  # noqa: ANN401 - JSON
    return {**copy.deepcopy(SEVERAL_CHECK), **answer}


def shown(check: Any) -> str:  # noqa: ANN401 - JSON
    return "".join(map(str, lanes(check)))


def test_one_vantage_point_has_no_lanes() -> None:
    assert shown(COMPLETED_CHECK) == ""


def test_each_has_a_lane_that_tells_what_it_saw() -> None:
    page = shown(several())
    assert page.count('class="lane ') == 2
    here, there = page.partition("</ol>")[0].split("eu-west-1")
    assert "Analyzable: a scanner can work with it" in here
    assert "93.184.216.34" in here
    assert "/ 200" in here
    assert "Not analyzable" in there
    assert "/ 451" in there


def test_what_differs_is_told_with_its_evidence() -> None:
    page = shown(several())
    assert "keeps some regions out" in page
    assert page.count("differs</span>") == 1
    assert "<code>paths[0].status_code</code></td><td>451</td><td>200</td>" in page


def test_what_a_target_sent_is_text() -> None:
    check = several()
    fact = check["agreement"]["dissents"][0]["evidence"][0]
    fact |= {"field": "paths[0].<b>", "value": "<i>", "elsewhere": None}
    page = shown(check)
    assert "<b>" not in page
    assert "<i>" not in page
    assert "paths[0].<b>" in Reader(page).text


def test_what_agrees_is_said_to_agree() -> None:
    agreed = {"code": "agree", "counted": ["us-east-1"], "dissents": []}
    page = shown(several(agreement=agreed))
    assert "All that are counted agree" in page
    assert 'class="tag good"' in page
    assert "not counted" in page.partition("eu-west-1")[2]
    assert "What differs" not in page


def test_who_is_awaited_and_who_could_not_look_say_so() -> None:
    pending = several(status="pending", agreement=None)
    here, there = pending["vantages"]
    nothing: Any = {"analysis": None, "dns": None, "ports": [], "paths": []}
    here |= {"status": "pending", **nothing}
    there |= {"status": "failed", "failure": FAILED["failure"], **nothing}
    before, after = shown(pending).split("eu-west-1")
    assert "Awaited" in before
    assert "could not be carried out" in after
    assert "counted" not in before + after
