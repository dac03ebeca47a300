import pytest

from outscope.vantage import is_vantage_name, is_vantage_tag, vantage_fields


@pytest.mark.parametrize("name", ["eu-west-1", "a", "x" * 63, "1"])
def test_a_label_can_name_a_vantage_point(name: str) -> None:
    assert is_vantage_name(name)


@pytest.mark.parametrize("name", ["", "EU", "a.b", "a*", ">", "-a", "a-", "x" * 64, "a b", "é"])
def test_what_would_mean_something_else_in_a_subject_cannot(name: str) -> None:
    assert not is_vantage_name(name)


@pytest.mark.parametrize(
    "tag", ["continent:eu", "asn:16509", "zone:eu-west-1.a", "a_b-c:1", f"k:{'v' * 64}"]
)
def test_a_key_and_a_value_are_a_tag(tag: str) -> None:
    assert is_vantage_tag(tag)
    assert not is_vantage_name(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "eu", "a:", ":a", "A:b", "a:B", "a:b:c", "a: b", "a:b,c", "a:-", f"{'k' * 33}:v", "1:a"],
)
def test_what_is_no_key_with_a_value_is_no_tag(tag: str) -> None:
    assert not is_vantage_tag(tag)


def test_a_line_has_one_vantage_point_or_several_as_a_request_does() -> None:
    assert vantage_fields(()) == {}
    assert vantage_fields(("a",)) == {"vantage_point": "a"}
    assert vantage_fields(("a", "b")) == {"vantage_points": ["a", "b"]}
