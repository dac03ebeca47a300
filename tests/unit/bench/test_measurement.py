"""The figures of the benchmarks: medians, percentiles, the table and results.json."""

import json

import pytest

from bench.measurement import Measurement, as_json, as_table, compared, percentile

SAMPLES = [float(number) for number in range(1, 101)]


@pytest.mark.parametrize(
    ("share", "sample"), [(0.5, 50.0), (0.99, 99.0), (1.0, 100.0), (0.001, 1.0)]
)
def test_a_percentile_is_a_sample_that_this_share_does_not_exceed(
    share: float, sample: float
) -> None:
    assert percentile(list(reversed(SAMPLES)), share) == sample


def test_a_percentile_of_one_sample_is_that_sample() -> None:
    assert percentile([7.0], 0.5) == percentile([7.0], 0.99) == 7.0


def test_a_comparison_reports_medians_and_their_ratio() -> None:
    row = compared("x", [10.0, 30.0, 20.0], [8.0, 16.0, 10.0], unit="hosts/s", command="make bench")
    assert (row.value, row.peer, row.ratio, row.runs) == (20.0, 10.0, 2.0, 3)


def test_without_a_peer_there_is_no_ratio() -> None:
    row = compared("x", [10.0], [], unit="hosts/s", command="make bench")
    assert (row.peer, row.ratio) == (None, None)


def test_results_have_the_documented_keys_and_four_significant_digits() -> None:
    row = Measurement(name="x.y", value=1234.5678, unit="ms", command="make bench", peer=2.0)
    assert json.loads(as_json([row])) == {
        "x.y": {
            "value": 1235.0,
            "unit": "ms",
            "peer": 2.0,
            "ratio": 617.3,
            "runs": 1,
            "command": "make bench",
            "note": "",
        }
    }


def test_the_table_has_a_line_for_each_row_and_a_dash_for_what_is_not_there() -> None:
    rows = [
        Measurement(name="short", value=1, unit="ms", command="c", note="first"),
        Measurement(name="much.longer", value=20_000, unit="checks/s", command="c"),
    ]
    heading, first, second = as_table(rows).splitlines()
    assert heading.split() == ["name", "value", "unit", "peer", "ratio", "runs", "note"]
    assert first.split() == ["short", "1.0", "ms", "-", "-", "1", "first"]
    assert second.split() == ["much.longer", "20,000.0", "checks/s", "-", "-", "1"]
    assert heading.index("unit") == first.index("ms") == second.index("checks/s")
