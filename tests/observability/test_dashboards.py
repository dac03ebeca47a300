"""Dashboards are what Grafana imports, and show metrics that exist."""

import json
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.observability.expressions import FOLDER, exposed, faults, targets

DASHBOARDS: Final = sorted((FOLDER / "dashboards").glob("*.json"))
WIDTH: Final = 24


def read(path: Path) -> dict[str, Any]:
    dashboard: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return dashboard


def as_prometheus_reads_it(expression: str) -> str:
    """Return an expression with the variables that Grafana fills in."""
    return expression.replace("$__rate_interval", "5m").replace("$vantage_point", ".*")


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def test_there_are_dashboards_each_with_a_name_of_its_own() -> None:
    found = [read(path) for path in DASHBOARDS]
    assert len({each["uid"] for each in found}) == len({each["title"] for each in found}) == 3


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: str(path.stem))
def test_every_panel_shows_what_there_is(path: Path) -> None:
    known, dashboard = exposed(), read(path)
    assert [
        (title, fault)
        for title, expression in targets(dashboard)
        for fault in faults(as_prometheus_reads_it(expression), known)
    ] == []
    for variable in dashboard["templating"]["list"]:
        assert variable["type"] == "datasource" or "outscope_" in variable["query"]["query"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: str(path.stem))
def test_prometheus_reads_every_expression(path: Path, promtool: Path, tmp_path: Path) -> None:
    rules = [
        {"record": f"panel:{number}", "expr": as_prometheus_reads_it(expression)}
        for number, (_, expression) in enumerate(targets(read(path)))
    ]
    written = tmp_path / "rules.yaml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), "utf-8")
    checked = subprocess.run(
        [promtool, "check", "rules", written], check=False, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: str(path.stem))
def test_panels_lie_beside_each_other_and_say_what_they_show(path: Path) -> None:
    panels = read(path)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= WIDTH
        assert panel["title"]
        if panel["type"] != "row":
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert all(target["legendFormat"] for target in panel["targets"])
    places = [(panel["title"], panel["gridPos"]) for panel in panels]
    assert [
        (one, other)
        for (one, place), (other, beside) in combinations(places, 2)
        if overlap(place, beside)
    ] == []
