"""How a gate ends."""

from collections.abc import Mapping

import pytest
from outscope_client.cli.checking import Job, Result
from outscope_client.cli.condition import condition_from
from outscope_client.cli.gating import Rule, ending_of, findings_of, reason_of
from outscope_client.cli.targets import Target
from outscope_client.models import Check

GOOD = {"status": "completed", "analysis": {"analyzable": True, "api_doc_detected": False}}
BAD = {"status": "completed", "analysis": {"analyzable": False, "api_doc_detected": True}}
OURS = {"status": "failed", "failure": {"owner": "ours", "reason": "internal", "message": "Sorry"}}
POLICY = {
    "status": "failed",
    "failure": {"owner": "policy", "reason": "target_refused", "message": "Not there"},
}
RULES = [
    Rule(condition_from("analyzable")),
    Rule(condition_from("api_doc_detected"), is_forbidden=True),
]


def result(check: Mapping[str, object] | None, code: str = "") -> Result:
    job = Job(Target("a.example"))
    return Result(job, check=Check(check) if check else None, problem="No", problem_code=code)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([result(GOOD)], 0),
        ([result(BAD)], 1),
        ([result(OURS)], 2),
        ([result({"status": "cancelled"})], 2),
        ([result(None, "ConnectionFailedError")], 2),
        ([result(None, "invalid_request")], 3),
        ([result(POLICY)], 4),
        ([result(GOOD), result(OURS)], 2),
        ([result(OURS), result(POLICY)], 4),
        ([result(POLICY), result(BAD), result(GOOD)], 1),
        ([], 2),
    ],
)
def test_the_ending_is_that_of_the_worst_that_is_decided(results: list[Result], code: int) -> None:
    assert ending_of(findings_of(results, RULES)) == code


def test_each_target_and_rule_has_a_finding_that_tells_what_was_seen() -> None:
    findings = findings_of([result(BAD), result(POLICY)], RULES)
    assert [(one.rule.name, one.message) for one in findings] == [
        ("require analyzable", "analyzable is false"),
        ("forbid api_doc_detected", "api_doc_detected is true"),
        ("require analyzable", "Not there"),
        ("forbid api_doc_detected", "Not there"),
    ]


def test_what_was_forbidden_is_not_met_by_a_check_that_failed() -> None:
    forbidden = [RULES[1]]
    assert ending_of(findings_of([result(OURS)], forbidden)) == 2
    assert reason_of(result({"status": "cancelled"})) == "The check is cancelled"
