import pytest
from jsonschema import Draft202012Validator

from outscope.errors import InvalidRequest
from services.gateway.schemas.request import validated
from services.gateway.schemas.review import ExpectedAnalysis, ReviewRequest


def test_a_reason_is_all_that_is_needed() -> None:
    review = validated(ReviewRequest, {"reason": "other"})
    assert (review.comment, review.expected) == ("", ExpectedAnalysis())


@pytest.mark.parametrize(
    ("content", "field", "told"),
    [
        ({}, "reason", "required"),
        ({"reason": "wrong"}, "reason", "wrong_kind"),
        ({"reason": "other", "comment": "x" * 2001}, "comment", "2000 characters"),
        ({"reason": "other", "expected": []}, "expected", "not accepted"),
        ({"reason": "other", "expected": {"kind": "API"}}, "expected.kind", "not accepted"),
        ({"reason": "other", "expected": {"kind": None}}, "expected.kind", "must not be null"),
        (
            {"reason": "other", "expected": {"analyzable": "yes"}},
            "expected.analyzable",
            "true or false",
        ),
        (
            {"reason": "other", "expected": {"analysable": True}},
            "expected.analysable",
            "expected.analyzable",
        ),
    ],
)
def test_what_is_wrong_is_told(content: object, field: str, told: str) -> None:
    with pytest.raises(InvalidRequest, match=told) as refused:
        validated(ReviewRequest, content)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("content", "is_told"),
    [
        ({"reason": "wrong_kind"}, True),
        ({"reason": "other", "comment": "A shop."}, True),
        ({"reason": "other"}, False),
        ({"reason": "other", "comment": " "}, False),
    ],
)
def test_the_schema_tells_that_other_needs_a_comment(content: object, *, is_told: bool) -> None:
    assert Draft202012Validator(ReviewRequest.model_json_schema()).is_valid(content) is is_told


def test_what_is_expected_is_shown_without_null() -> None:
    properties = ExpectedAnalysis.model_json_schema()["properties"]
    assert properties["analyzable"] == {
        "type": "boolean",
        "title": "Analyzable",
        "description": "Whether content of the application is served.",
    }
    assert properties["kind"]["pattern"] == "^[a-z][a-z_]*$"
    assert "anyOf" not in properties["kind"]
