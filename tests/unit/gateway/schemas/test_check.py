from services.gateway.schemas.check import REQUEST_EXAMPLE, CheckRequest
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
