from typing import Any

import pytest

from outscope.errors import InvalidRequest
from services.scheduler.domain.check import CheckOptions, CheckSpec
from services.scheduler.domain.spec import normalised_options, normalised_spec


def spec(**changes: Any) -> CheckSpec:  # noqa: ANN401 - any field, also a wrong one
    asked: dict[str, Any] = {
        "fqdn": "example.com",
        "ports": (),
        "paths": (),
        "vantage_point": "eu-west-1",
        "known_vantage_points": ("us-east-1", "eu-west-1"),
        "include_content_sample": False,
        "content_retention_days": None,
    }
    return normalised_spec(**{**asked, **changes})


def test_absent_fields_take_the_documented_defaults() -> None:
    assert spec(fqdn="Example.com.") == CheckSpec(
        fqdn="example.com",
        ports=(80, 443),
        paths=("/",),
        vantage_point="eu-west-1",
        include_content_sample=False,
        content_retention_days=7,
    )


def test_duplicates_are_dropped_and_the_order_is_kept() -> None:
    asked = spec(ports=(443, 80, 443, 1, 65535), paths=("/b", "/a b", "/b", "/a%20b"))
    assert asked.ports == (443, 80, 1, 65535)
    assert asked.paths == ("/b", "/a%20b")


def test_twenty_ports_and_paths_are_allowed() -> None:
    assert len(spec(ports=range(1, 21)).ports) == 20
    assert len(spec(paths=[f"/{n}" for n in range(20)]).paths) == 20


def test_what_is_dropped_does_not_count() -> None:
    assert len(spec(ports=(*range(1, 21), 7)).ports) == 20
    assert spec(ports=[443] * 500).ports == (443,)
    assert spec(paths=["/"] * 500).paths == ("/",)
    # Two spellings of one path.
    assert len(spec(paths=[*(f"/{n} b" for n in range(20)), "/7%20b"]).paths) == 20


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"fqdn": "https://x.example"}, "fqdn", "https://x.example"),
        ({"ports": (80, 443, 0)}, "ports[2]", 0),
        ({"ports": (65536,)}, "ports[0]", 65536),
        ({"ports": range(1, 22)}, "ports", 21),
        ({"paths": ("/", "x")}, "paths[1]", "x"),
        ({"paths": [f"/{n}" for n in range(21)]}, "paths", 21),
        ({"paths": [f"/{n}" for n in range(201)]}, "paths", 201),
        ({"paths": ["/", "/", "x"]}, "paths[2]", "x"),
        ({"vantage_point": "mars-1"}, "vantage_point", "mars-1"),
        ({"vantage_point": ""}, "vantage_point", ""),
        ({"content_retention_days": 6}, "content_retention_days", 6),
        ({"content_retention_days": 31}, "content_retention_days", 31),
        ({"content_retention_days": 0}, "content_retention_days", 0),
    ],
)
def test_a_field_out_of_its_limits_is_named(
    changes: dict[str, Any], field: str, value: object
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        spec(**changes)
    assert (refused.value.field, refused.value.value) == (field, value)


def test_an_unknown_vantage_point_is_told_those_that_exist() -> None:
    with pytest.raises(InvalidRequest) as refused:
        spec(vantage_point="mars-1")
    assert refused.value.details["vantage_points"] == ["eu-west-1", "us-east-1"]
    assert "eu-west-1, us-east-1" in refused.value.message


@pytest.mark.parametrize("days", [7, 30])
def test_the_bounds_of_retention_belong_to_it(days: int) -> None:
    assert spec(content_retention_days=days).content_retention_days == days


def test_up_to_five_redirects_may_be_followed() -> None:
    options = CheckOptions(max_redirects=5)
    assert normalised_options(options) == options
    with pytest.raises(InvalidRequest) as refused:
        normalised_options(CheckOptions(max_redirects=6))
    assert (refused.value.field, refused.value.value) == ("max_redirects", 6)
