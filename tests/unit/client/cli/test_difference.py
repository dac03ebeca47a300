"""What differs between two checks."""

import copy
from typing import Any

from outscope_client.cli.difference import Change, changes_between, shown
from outscope_client.models import Check

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.several_example import SEVERAL_CHECK


def again() -> dict[str, Any]:
    return copy.deepcopy(dict(COMPLETED_CHECK))


def test_the_same_seen_again_is_no_change() -> None:
    later = again()
    later |= {"id": "chk_other", "created_at": "2030-01-01T00:00:00Z"}
    later["dns"]["ttl_s"] = 7
    later["dns"]["a_records"].reverse()
    later["ports"].reverse()
    assert changes_between(Check(again()), Check(later)) == []


def test_the_path_that_is_drawn_anew_is_no_change_wherever_it_is_told() -> None:
    def drawn(path: str, status: int = 302) -> Check:
        to = f"http://h/login?next=%2F{path}"
        hop = {"answer": {"url": to, "location": None}}
        control = {"path": f"/{path}", "location": to, "status_code": status, "redirects": [hop]}
        view = {"vantage_point": "eu-west-1", "control": control}
        return Check({**again(), "control": control, "vantages": [view]})

    assert changes_between(drawn("abc"), drawn("xyz")) == []
    told = [one.field for one in changes_between(drawn("abc"), drawn("xyz", 404))]
    assert told == ["control.status_code", "vantages.[eu-west-1].control.status_code"]
    assert changes_between(Check({"control": None}), Check({"control": None})) == []


def test_each_fact_that_differs_is_told_by_its_place() -> None:
    later = again()
    later["analysis"]["analyzable"] = not later["analysis"]["analyzable"]
    number = later["ports"][0]["port"]
    later["ports"][0]["tcp_open"] = not later["ports"][0]["tcp_open"]
    gone = later["paths"].pop()
    changes = changes_between(Check(again()), Check(later))
    told = {change.field: change for change in changes}
    assert told["analysis.analyzable"].after is later["analysis"]["analyzable"]
    assert f"ports.[{number}].tcp_open" in told
    assert told[f"paths.[{gone['path']}]"].after is None
    assert len(told) == 3


def several() -> dict[str, Any]:
    return copy.deepcopy(dict(SEVERAL_CHECK))


def test_of_several_places_each_is_compared_with_itself() -> None:
    later = several()
    assert changes_between(Check(several()), Check(later)) == []
    later["vantages"].reverse()
    later["vantages"][0]["paths"][0]["status_code"] = 200
    later["agreement"] = {"code": "agree", "counted": ["us-east-1", "eu-west-1"], "dissents": []}
    told = {one.field: one for one in changes_between(Check(several()), Check(later))}
    assert told["vantages.[eu-west-1].paths.[/].status_code"].before == 451
    assert told["agreement.code"].after == "agree"
    assert not [field for field in told if "us-east-1" in field]


def test_several_places_are_compared_with_one_by_what_is_merged() -> None:
    told = [one.field for one in changes_between(Check(several()), Check(again()))]
    assert told == ["vantage_point"]


def test_two_things_of_one_name_are_compared_as_a_whole() -> None:
    def check(*codes: str) -> Check:
        return Check({"analysis": {"reasons": [{"code": code} for code in codes]}})

    assert changes_between(check("a", "a"), check("a", "a")) == []
    changes = changes_between(check("a", "a"), check("a", "b"))
    assert changes
    assert isinstance(changes[0], Change)


def test_a_fact_is_shown_in_a_line() -> None:
    assert [shown(one) for one in ("a", True, None, [1])] == ["a", "true", "null", "[1]"]
