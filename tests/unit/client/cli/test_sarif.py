"""What a gate found, as SARIF."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator
from outscope_client.cli.checking import Job, Result
from outscope_client.cli.condition import condition_from
from outscope_client.cli.gating import Rule, findings_of
from outscope_client.cli.sarif import sarif_log
from outscope_client.cli.targets import Target
from outscope_client.models import Check

from tests.unit.client.cli.test_gating import BAD, GOOD, OURS, RULES, result

SCHEMA: Any = json.loads(
    (Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json").read_text("utf-8")
)
VALID = Draft4Validator(SCHEMA, format_checker=Draft4Validator.FORMAT_CHECKER)


def test_a_rule_not_met_is_a_result_at_the_line_that_names_the_target() -> None:
    job = Job(Target("a.example", file="targets.txt", line=3))
    log = sarif_log(findings_of([Result(job, check=Check(BAD))], RULES))
    run = log["runs"][0]
    assert log["version"] == "2.1.0"
    assert [one["ruleId"] for one in run["results"]] == [one.name for one in RULES]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one.name for one in RULES]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "targets.txt"}, "region": {"startLine": 3}}
    assert run["invocations"][0]["executionSuccessful"] is True


def test_what_is_met_is_no_result() -> None:
    assert sarif_log(findings_of([result(GOOD)], RULES))["runs"][0]["results"] == []


def test_what_could_not_be_decided_is_no_result_and_no_success() -> None:
    run = sarif_log(findings_of([result(OURS)], RULES))["runs"][0]
    assert run["results"] == []
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notes = invocation["toolExecutionNotifications"]
    assert notes[0]["message"]["text"] == "a.example: require analyzable: Sorry"
    assert "physicalLocation" not in notes[0]["locations"][0]


def test_what_a_target_says_is_no_link_and_breaks_no_document() -> None:
    hostile = {**BAD, "fqdn": "a.example"}
    job = Job(Target("a\udcff.example", file="my targets#1\udcff.txt", line=1))
    rules = [Rule(condition_from("fqdn==[x](https://evil.example)\x1b"))]
    log = sarif_log(findings_of([Result(job, check=Check(hostile))], rules))
    result = log["runs"][0]["results"][0]
    assert "](" not in result["message"]["text"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "my%20targets%231%FF.txt"}
    told = json.dumps(log, ensure_ascii=False)
    told.encode()
    assert "\x1b" not in told


@pytest.mark.parametrize("check", [BAD, GOOD, OURS])
@pytest.mark.parametrize("target", [Target("a.example"), Target("a.example", file="t #1", line=1)])
def test_a_log_is_as_the_schema_of_sarif_has_it(check: Any, target: Target) -> None:  # noqa: ANN401 - JSON
    log = sarif_log(findings_of([Result(Job(target), check=Check(check))] * 2, RULES))
    assert [error.message for error in VALID.iter_errors(log)] == []


def test_the_schema_finds_what_is_wrong() -> None:
    log = sarif_log(findings_of([result(BAD)], RULES))
    log["runs"][0]["results"][0]["level"] = "fatal"
    del log["runs"][0]["tool"]["driver"]["name"]
    assert len(list(VALID.iter_errors(log))) == 2
