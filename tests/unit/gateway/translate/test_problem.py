import pytest

from outscope.errors import InvalidRequest, NotFound, RateLimited
from outscope.rpc.status import refusal_metadata
from outscope.v1 import problem_pb2
from services.gateway.translate.problem import (
    error_body,
    internal_error_body,
    problem_from,
    problem_of,
)


def test_the_documented_error() -> None:
    refusal = InvalidRequest("Invalid FQDN format", field="fqdn", value="not-a-valid-domain")
    assert error_body(refusal, "req_1") == {
        "error": {
            "code": "invalid_request",
            "message": "Invalid FQDN format",
            "details": {"field": "fqdn", "value": "not-a-valid-domain"},
            "request_id": "req_1",
        }
    }


def test_details_are_an_object_even_when_there_are_none() -> None:
    assert problem_of(NotFound("m"))["details"] == {}


def test_what_a_refusal_adds_stands_in_its_details() -> None:
    assert problem_of(RateLimited("m", limit=5, retry_after_s=3))["details"] == {
        "limit": 5,
        "retry_after_s": 3,
    }


@pytest.mark.parametrize("value", [None, True, 5, 5.5, "", "x" * 256, [1, 2], {"a": None}])
def test_a_value_comes_back_with_its_type(value: object) -> None:
    assert problem_of(InvalidRequest("m", field="f", value=value))["details"]["value"] == value


@pytest.mark.parametrize("value", ["x" * 257, ["x"] * 100, {"x" * 300: 1}, 10**400])
def test_a_long_value_comes_back_cut(value: object) -> None:
    shown = problem_of(InvalidRequest("m", field="f", value=value))["details"]["value"]
    assert isinstance(shown, str)
    assert len(shown) == 257
    assert shown.endswith("…")


def test_the_problem_of_an_item_is_an_error_too() -> None:
    problem = problem_pb2.Problem(code="c", message="m", field="ports[2]", value="0")
    assert problem_from(problem) == {
        "code": "c",
        "message": "m",
        "details": {"field": "ports[2]", "value": "0"},
    }
    assert problem_from(problem_pb2.Problem(code="c", message="m"))["details"] == {}


def test_the_problem_of_an_item_is_that_of_a_request_alone() -> None:
    refusal = InvalidRequest("m", field="vantage_point", value=["x" * 300], vantage_points=["a"])
    problem = problem_pb2.Problem(
        code="invalid_request",
        message="m",
        field="vantage_point",
        value=str(refusal.value),
        metadata=refusal_metadata(refusal),
    )
    assert problem_from(problem) == problem_of(refusal)
    for value in (70000, None, True, "x", ["a"]):
        refusal = InvalidRequest("m", field="ports[1]", value=value)
        problem = problem_pb2.Problem(
            code="invalid_request", message="m", metadata=refusal_metadata(refusal)
        )
        assert problem_from(problem) == problem_of(refusal)


def test_a_defect_says_nothing_but_where_to_ask() -> None:
    error = internal_error_body("req_1")["error"]
    assert error["code"] == "internal_error"
    assert error["details"] == {}
    assert error["request_id"] == "req_1"
