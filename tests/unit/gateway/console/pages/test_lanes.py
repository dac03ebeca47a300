from typing import Any

from services.gateway.console.pages.lanes import lanes
from services.gateway.examples import COMPLETED_CHECK
from tests.unit.gateway.test_html import Reader

CHECK: Any = COMPLETED_CHECK
EU: Any = {"vantage_point": "eu-west-1", **{k: CHECK[k] for k in ("analysis", "dns", "paths")}}
US: Any = {"vantage_point": "us-east-1", "status": "failed", "failure": {"reason": "no_prober"}}
FACT: Any = {"field": "paths[0].<b>", "value": 403, "elsewhere": "<i>"}


def shown(**answer: object) -> str:
    return "".join(map(str, lanes({**CHECK, **answer})))


def test_one_vantage_point_has_no_lanes() -> None:
    assert shown() == ""
    assert shown(vantages=[], agreement=None) == ""


def test_each_has_a_lane_that_tells_what_it_saw() -> None:
    page = shown(vantages=[EU, US])
    assert page.count('class="lane ') == 2
    assert "93.184.216.34" in page.partition("us-east-1")[0]
    assert "no_prober" in page.partition("us-east-1")[2]
    assert "differs" not in page


def test_what_agrees_is_said_to_agree() -> None:
    page = shown(vantages=[EU, EU], agreement={"class": "agree", "evidence": []})
    assert "All of them agree" in page
    assert 'class="tag good"' in page


def test_what_differs_is_told_with_its_evidence_as_text() -> None:
    evidence = [{"vantage_point": "us-east-1", **FACT}]
    page = shown(vantages=[EU, US], agreement={"class": "geo_blocked", "evidence": evidence})
    assert "keeps some regions out" in page
    assert page.count("differs</span>") == 1
    assert "<b>" not in page
    assert "<i>" not in page
    assert "paths[0].<b>" in Reader(page).text


def test_a_dissent_says_whose_evidence_it_is() -> None:
    dissent = {"vantage_point": "us-east-1", "code": "new_class", "evidence": [FACT]}
    page = shown(vantages=[EU, US], agreement={"code": "new_class", "dissents": [dissent]})
    assert "They differ: new class" in page
    assert "<td>us-east-1</td>" in page
