"""The page of metrics has each that the code declares, by the name under which it is exposed."""

from pathlib import Path
from typing import Final

import pytest

from docs.metrics_page import Metric, metrics, metrics_body, metrics_of

ROOT: Final = Path(__file__).parents[3]
IMPORT: Final = "from outscope.telemetry.metrics import Counter, Histogram\n"
# What has no bound, or is nobody's business who reads metrics.
UNBOUNDED: Final = frozenset(
    {"account", "account_id", "check", "check_id", "host", "ip", "key", "path", "target", "url"}
)


def test_a_counter_is_told_by_the_name_it_is_exposed_under() -> None:
    source = f'{IMPORT}A = Counter("a", "What " "happened.", ("by",))\nB = Counter("b_total", "B.")'
    first, second = metrics_of(source, "services/prober/a.py")
    assert first == Metric(
        name="a_total",
        kind="counter",
        labels=("by",),
        meaning="What happened.",
        path="services/prober/a.py",
    )
    assert (second.name, second.labels) == ("b_total", ())


def test_labels_given_by_name_are_read() -> None:
    source = f'{IMPORT}A = Histogram("a_seconds", "A.", labelnames=["one", "two"], buckets=(1,))'
    assert [metric.labels for metric in metrics_of(source, "outscope/a.py")] == [("one", "two")]


def test_another_counter_is_no_metric() -> None:
    source = 'from collections import Counter\nA = Counter("abc")'
    assert list(metrics_of(source, "outscope/a.py")) == []


def test_a_metric_with_a_computed_name_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match=r"outscope/a\.py:2: a metric has its name"):
        list(metrics_of(f'{IMPORT}A = Counter(NAME, "A.")', "outscope/a.py"))


def test_services_come_first_and_what_they_share_last() -> None:
    source = f'{IMPORT}A = Counter("a", "A.")'
    paths = ("outscope/a.py", "services/scheduler/a.py", "services/gateway/a.py")
    body = metrics_body(metric for path in paths for metric in metrics_of(source, path))
    titles = [line for line in body.splitlines() if line.startswith("## ")]
    assert titles == ["## Gateway", "## Scheduler", "## Shared"]
    assert "| `a_total` | counter | — | A. | [outscope/a.py](../outscope/a.py) |" in body


def test_no_two_metrics_of_the_code_have_one_name() -> None:
    names = [metric.name for metric in metrics(ROOT)]
    assert names
    assert sorted(set(names)) == names


def test_no_metric_of_the_code_has_a_label_without_a_bound() -> None:
    unbounded = {metric.name: UNBOUNDED & set(metric.labels) for metric in metrics(ROOT)}
    assert {name: labels for name, labels in unbounded.items() if labels} == {}
