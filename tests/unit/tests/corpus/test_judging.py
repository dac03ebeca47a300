from dataclasses import replace

import pytest

from tests.corpus.case import Case, Expected, Mark
from tests.corpus.judging import Judged, judged, median_ms

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


def test_what_was_said_has_the_names_that_differences_have() -> None:
    one: Judged = judged(WRONG_KIND)
    assert set(one.differences) <= one.said.keys()


def test_the_median_is_taken_over_the_hosts() -> None:
    assert 0 < median_ms([RIGHT.host, WRONG_KIND.host]) < 20
