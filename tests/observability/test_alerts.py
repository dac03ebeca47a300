"""Alerts name metrics that exist, are tried both ways, and lead to a line that says what to do."""

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.architecture.tree import ROOT
from tests.observability.expressions import FOLDER, exposed, faults

RULES: Final = FOLDER / "alerts.yaml"
CASES: Final = FOLDER / "alerts_test.yaml"
RUNBOOK: Final = re.compile(r"^\| `(Outscope\w+)` \|", re.MULTILINE)
SEVERITIES: Final = frozenset({"page", "ticket"})


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def told(promtool: Path, *arguments: str) -> str:
    ended = subprocess.run(
        [promtool, *arguments], cwd=FOLDER, check=False, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_promtool_reads_the_alerts(promtool: Path) -> None:
    assert f"{len(alerts())} rules found" in told(promtool, "check", "rules", RULES.name)


def test_every_alert_is_told_when_it_should_be_and_not_before(promtool: Path) -> None:
    assert "SUCCESS" in told(promtool, "test", "rules", CASES.name)


def test_every_alert_is_tried_both_ways() -> None:
    tried: dict[str, set[bool]] = {}
    for case in yaml.safe_load(CASES.read_text("utf-8"))["tests"]:
        for each in case["alert_rule_test"]:
            tried.setdefault(each["alertname"], set()).add(bool(each["exp_alerts"]))
    assert tried == {alert["alert"]: {True, False} for alert in alerts()}


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_names_what_there_is(alert: dict[str, Any]) -> None:
    assert faults(alert["expr"], exposed()) == []
    assert alert["labels"]["severity"] in SEVERITIES


def test_every_alert_has_its_line_in_the_runbook_and_no_other_has() -> None:
    page = (ROOT / "docs/operations.md").read_text("utf-8")
    assert sorted(RUNBOOK.findall(page)) == sorted(alert["alert"] for alert in alerts())
