from dataclasses import replace

import pytest

from tests.corpus.judging import judged
from tests.corpus.matrix import are_reached, figures, lines_of, matrices
from tests.unit.tests.corpus.test_judging import RIGHT

RIGHT_ONE = judged(RIGHT)
WRONG_NO = judged(
    replace(RIGHT, expected=replace(RIGHT.expected, analyzability="analyzable", analyzable=True))
)
SERVED = {
    "fqdn": "shop.example.com",
    "paths": [{"status": 200, "body": "<html><p>Shoes</p></html>"}],
}
WRONG_YES = judged(replace(RIGHT, facts=SERVED))


def test_the_figures_count_what_is_wrong() -> None:
    found = figures([RIGHT_ONE, WRONG_NO, WRONG_YES, RIGHT_ONE])
    assert (found.cases, found.wrong_no, found.wrong_yes) == (4, 1, 1)
    assert found.kind_right == pytest.approx(75)
    assert found.auth_right == pytest.approx(100)
    assert found.documentation_right == pytest.approx(100)


def test_figures_are_reached_when_nothing_is_wrong_and_little_is_missed() -> None:
    right = figures([RIGHT_ONE])
    assert are_reached(right)
    assert not are_reached(figures([RIGHT_ONE, WRONG_NO]))
    assert not are_reached(figures([RIGHT_ONE, WRONG_YES]))
    assert not are_reached(replace(right, unknown=2.1))
    assert not are_reached(replace(right, kind_right=96.9))
    assert not are_reached(replace(right, auth_right=97.9))
    assert not are_reached(replace(right, documentation_right=97.9))


def test_each_figure_has_a_line() -> None:
    lines = list(lines_of(figures([RIGHT_ONE, WRONG_YES])))
    assert any(line.split()[-2:] == ["1", "(0)"] for line in lines)
    assert any("50.0 %  (at least 97)" in line for line in lines)


def test_a_matrix_has_what_was_expected_in_its_rows() -> None:
    lines = list(matrices([RIGHT_ONE, WRONG_NO, WRONG_YES]))
    at = lines.index("analyzability: expected (rows) by judged")
    header, served, walled = (line.split() for line in lines[at + 1 : at + 4])
    assert header == ["analyzable", "not_analyzable"]
    assert served == ["analyzable", ".", "1"]
    assert walled == ["not_analyzable", "1", "1"]
