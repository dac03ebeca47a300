from dataclasses import replace
from pathlib import Path

import pytest

from tests.corpus.case import Case, Expected, Mark
from tests.corpus.judging import (
    Judged,
    accepted_differences,
    judged,
    median_ms,
    unaccepted,
)

RIGHT = Case(
    name="block/guard",
    about="Cloudflare challenges.",
    source="x",
    facts={
        "fqdn": "shop.example.com",
        "paths": [{"status": 403, "headers": [["cf-mitigated", "challenge"]], "body": "x"}],
    },
    expected=Expected(
        analyzability="not_analyzable",
        analyzable=False,
        kind="none",
        auth_detected=False,
        api_doc_detected=False,
        reason="challenge",
    ),
    decides=Mark(rule="cloudflare.challenge", fields=("paths[0].headers.cf-mitigated",)),
)
WRONG_KIND = replace(RIGHT, expected=replace(RIGHT.expected, kind="api"))


def test_a_case_that_is_judged_right_has_no_difference() -> None:
    assert judged(RIGHT).differences == ()


@pytest.mark.parametrize(
    ("member", "value", "difference"),
    [
        ("analyzability", "unknown", "analyzability"),
        ("analyzable", True, "analyzable"),
        ("kind", "api", "kind"),
        ("auth_detected", True, "auth_detected"),
        ("api_doc_detected", True, "api_doc_detected"),
        ("reason", "block", "reason"),
    ],
)
def test_each_part_of_a_verdict_is_compared(member: str, value: object, difference: str) -> None:
    case = replace(RIGHT, expected=replace(RIGHT.expected, **{member: value}))  # type: ignore[arg-type]  # one of several members
    assert judged(case).differences == (difference,)


def test_the_rule_that_decides_and_those_beside_it_are_compared() -> None:
    other = Mark(rule="vendor.present", fields=("paths[0].body",))
    assert judged(replace(RIGHT, decides=other)).differences == ("rule",)
    assert judged(replace(RIGHT, also=(other,))).differences == ("also",)


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


def test_what_was_said_has_the_names_that_differences_have() -> None:
    one: Judged = judged(WRONG_KIND)
    assert set(one.differences) <= one.said.keys()


def test_the_median_is_taken_over_the_hosts() -> None:
    assert 0 < median_ms([RIGHT, WRONG_KIND]) < 20
