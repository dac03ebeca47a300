import copy
from typing import Any

from services.gateway.console.pages.compare import compare_page, facts_of
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import FURTHER_CHECKS
from tests.unit.gateway.test_html import Reader

CHECK: Any = COMPLETED_CHECK
FURTHER: Any = FURTHER_CHECKS


def other() -> Any:  # noqa: ANN401 - JSON
    changed = copy.deepcopy(CHECK)
    changed["id"] = "chk_01kprq4e00c5s6h9m2t8v4x3zb"
    changed["paths"][0]["title"] = "<b>new"
    return changed


def test_what_changed_stands_apart_from_what_did_not() -> None:
    text = Reader(compare_page(["a", "b"], [CHECK, other()], "http://h")).text
    changed, same = text.split("What is the same")
    assert "What changed: 1" in changed
    assert "<b>new" in changed
    assert "analyzable" in same


def test_a_check_beside_itself_has_no_change() -> None:
    text = compare_page(["a", "a"], [CHECK, CHECK], "http://h")
    assert "Nothing that is compared is different" in text


def test_a_check_without_a_result_is_compared_too() -> None:
    assert facts_of(FURTHER["failed"])["Status"] == "failed"
    assert "What changed" in compare_page(["a", "b"], [FURTHER["failed"], CHECK], "http://h")


def test_before_there_are_two_there_is_the_form() -> None:
    read = Reader(compare_page(["chk_a"], [], "http://h"))
    assert [a["value"] for _, a in read.elements if a.get("name") == "check"] == ["chk_a", ""]


def test_it_is_said_when_more_were_chosen_than_are_compared() -> None:
    text = compare_page(["a", "b"], [CHECK, other()], "http://h", left_out=2)
    assert "2 more are left out" in text
    assert "left out" not in compare_page(["a", "b"], [CHECK, other()], "http://h")


def test_facts_have_the_names_of_the_field() -> None:
    facts = facts_of(CHECK)
    assert facts["Speaks HTTP"] == "yes"
    assert facts["Name: A records"]
    assert facts["Exposes API documentation"]
