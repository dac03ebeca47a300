from dataclasses import replace
from pathlib import Path

from tests.corpus.compared import accepted_differences, unaccepted
from tests.corpus.judging import judged
from tests.unit.tests.corpus.test_judging import RIGHT, WRONG_KIND


def test_a_difference_that_nobody_accepted_is_told_in_words() -> None:
    (line,) = unaccepted([judged(WRONG_KIND)], {})
    assert line == "block/guard: kind is none, not api (Cloudflare challenges.)"


def test_an_accepted_difference_is_none() -> None:
    assert unaccepted([judged(WRONG_KIND)], {"block/guard": {"kind": "why"}}) == ()


def test_another_difference_of_an_accepted_case_is_told() -> None:
    assert len(unaccepted([judged(WRONG_KIND)], {"block/guard": {"kind": "w", "rule": "w"}})) == 1
    both = replace(WRONG_KIND, expected=replace(WRONG_KIND.expected, reason="block"))
    assert len(unaccepted([judged(both)], {"block/guard": {"kind": "why"}})) == 1


def test_what_is_right_now_has_to_leave_the_list() -> None:
    (line,) = unaccepted([judged(RIGHT)], {"block/guard": {"kind": "why"}})
    assert line == "block/guard: right now, take it out of accepted.json: kind"


def test_an_accepted_case_that_is_gone_has_to_leave_the_list() -> None:
    assert unaccepted([], {"block/guard": {}}) == ("block/guard: in accepted.json and no case",)


def test_the_list_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "accepted.json"
    file.write_text('{"block/guard": {"kind": "why"}}', "utf-8")
    assert accepted_differences(file) == {"block/guard": {"kind": "why"}}
