import copy
from typing import Any

from services.gateway.examples import COMPLETED_CHECK
from services.gateway.translate.coverage import coverage
from services.gateway.translate.printed import LONGEST, LONGEST_MESSAGE, printed_page
from services.gateway.translate.report import report_page
from tests.unit.gateway.test_html import Reader


def test_a_report_with_nothing_too_long_is_the_same_page() -> None:
    assert printed_page(COMPLETED_CHECK) == report_page(COMPLETED_CHECK)
    text = Reader(printed_page(COMPLETED_CHECK)).text
    assert [one for one in coverage(COMPLETED_CHECK) if one not in text] == []


def test_what_is_too_long_is_cut_and_the_page_says_so() -> None:
    check: Any = copy.deepcopy(COMPLETED_CHECK)
    check["paths"][0]["title"] = "t" * LONGEST
    assert "are cut here" not in printed_page(check)
    check["paths"][0]["title"] = "t" * (LONGEST + 1)
    text = Reader(printed_page(check)).text
    assert "t" * (LONGEST - 1) + "…" in text
    assert "t" * LONGEST not in text
    assert f"Texts of more than {LONGEST} characters are cut here" in text
    assert check["paths"][0]["title"] == "t" * (LONGEST + 1)


def test_a_reason_is_whole_unless_it_is_a_page_of_its_own() -> None:
    check: Any = copy.deepcopy(COMPLETED_CHECK)
    reason = check["analysis"]["reasons"][0]
    reason["message"] = "m" * LONGEST_MESSAGE
    assert "m" * LONGEST_MESSAGE in printed_page(check)
    reason["message"] += "m"
    assert "m" * LONGEST_MESSAGE not in printed_page(check)
