"""What is not there is found; what is, is let pass."""

import pytest

from docs.metrics_page import Metric
from tests.observability.expressions import exposed, faults

KNOWN = {
    name: Metric(name=name, kind="counter", labels=("kind",), meaning="", path="services/x/a.py")
    for name in ("outscope_a_total", "outscope_b_total")
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('sum by (kind) (rate(outscope_a_total{kind="x, y{z}"}[5m])) > 1', []),
        ("outscope_a_total unless on (kind) outscope_b_total", []),
        ("max by (instance) (up)", []),
        ("rate(outscope_gone_total[5m])", ["no metric outscope_gone_total"]),
        ('outscope_a_total{owner="x"}', ["no label owner of outscope_a_total"]),
        ("sum by (owner) (outscope_a_total)", ["no label owner"]),
    ],
)
def test_what_an_expression_names_and_is_not_there_is_found(
    expression: str, expected: list[str]
) -> None:
    assert faults(expression, KNOWN) == expected


def test_a_histogram_is_known_by_its_parts_and_not_by_its_name() -> None:
    known = exposed()
    assert "outscope_probe_duration_seconds_bucket" in known
    assert "outscope_probe_duration_seconds" not in known
    assert "outscope_probes_waiting" in known
