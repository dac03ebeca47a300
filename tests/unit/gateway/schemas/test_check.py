import pytest

from outscope.errors import InvalidRequest
from services.gateway.schemas.check import REQUEST_EXAMPLE, SEVERAL_EXAMPLE, CheckRequest
from services.gateway.schemas.request import validated


def test_the_documented_defaults() -> None:
    check = validated(CheckRequest, {"fqdn": "example.com"})
    assert check.ports == [80, 443]
    assert check.paths == ["/"]
    assert check.include_content_sample is False
    assert check.content_retention_days == 7
    assert check.model_fields_set == {"fqdn"}


def test_defaults_are_not_shared_between_requests() -> None:
    first = validated(CheckRequest, {"fqdn": "example.com"})
    first.ports.append(1)
    assert validated(CheckRequest, {"fqdn": "example.com"}).ports == [80, 443]


def test_the_documented_example_is_valid() -> None:
    read = validated(CheckRequest, REQUEST_EXAMPLE)
    assert read.model_dump(exclude_unset=True) == REQUEST_EXAMPLE


def test_the_limits_are_inclusive() -> None:
    at_the_limits = {
        "fqdn": "example.com",
        "ports": [1, 65535, *range(100, 118)],
        "paths": ["/" + "a" * 2047] * 20,
        "content_retention_days": 30,
        "max_redirects": 5,
    }
    assert len(validated(CheckRequest, at_the_limits).ports) == 20


def test_duplicates_are_dropped_before_ports_are_counted() -> None:
    ports = [*range(1, 21), 7]
    assert validated(CheckRequest, {"fqdn": "a.b", "ports": ports}).ports == ports[:-1]
    assert validated(CheckRequest, {"fqdn": "a.b", "paths": ["/a", "/", "/a"]}).paths == ["/a", "/"]
    with pytest.raises(InvalidRequest, match="must have at most 20 different items") as refused:
        validated(CheckRequest, {"fqdn": "a.b", "ports": [*ports, 21]})
    assert refused.value.field == "ports"


def test_the_examples_show_every_field() -> None:
    shown = REQUEST_EXAMPLE.keys() | SEVERAL_EXAMPLE.keys()
    assert shown == CheckRequest.model_fields.keys()


def test_the_example_of_several_vantage_points_is_valid() -> None:
    read = validated(CheckRequest, SEVERAL_EXAMPLE)
    assert read.model_dump(exclude_unset=True) == SEVERAL_EXAMPLE


def test_all_vantage_points_are_a_word_or_a_list_of_it() -> None:
    for asked in ("all", ["all"]):
        read = validated(CheckRequest, {"fqdn": "a.b", "vantage_points": asked})
        assert read.vantage_points == ["all"]


@pytest.mark.parametrize(
    ("fields", "at", "words"),
    [
        ({"vantage_points": "eu-west-1"}, "vantage_points", "must be an array"),
        ({"vantage_points": []}, "vantage_points", "must have at least 1 item"),
        ({"vantage_points": ["a"] * 21}, "vantage_points", "must have at most 20 items"),
        ({"vantage_points": ["a", 1]}, "vantage_points[1]", "must be a string"),
        ({"quorum": "most"}, "quorum", "must be one of majority, any or all"),
    ],
)
def test_what_can_be_no_choice_of_vantage_points_is_refused_by_name(
    fields: dict[str, object], at: str, words: str
) -> None:
    with pytest.raises(InvalidRequest, match=words) as refused:
        validated(CheckRequest, {"fqdn": "a.b", **fields})
    assert refused.value.field == at
