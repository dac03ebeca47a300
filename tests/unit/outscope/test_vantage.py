import pytest

from outscope.vantage import is_vantage_name


@pytest.mark.parametrize("name", ["eu-west-1", "a", "x" * 63, "1"])
def test_a_label_can_name_a_vantage_point(name: str) -> None:
    assert is_vantage_name(name)


@pytest.mark.parametrize("name", ["", "EU", "a.b", "a*", ">", "-a", "a-", "x" * 64, "a b", "é"])
def test_what_would_mean_something_else_in_a_subject_cannot(name: str) -> None:
    assert not is_vantage_name(name)
