import pytest
from pydantic import TypeAdapter

from outscope.representation.agreement import Agreement, agreement_representation
from outscope.v1 import agreement_pb2

AGREED = agreement_pb2.Agreement(code="agree", counted=["eu-west-1", "us-east-1"])
BLOCKED = agreement_pb2.Agreement(
    code="geo_blocked",
    counted=["eu-west-1", "us-east-1"],
    dissents=[
        agreement_pb2.Dissent(
            vantage_point="eu-west-1",
            compared_with="us-east-1",
            code="geo_blocked",
            evidence=[
                agreement_pb2.SightDifference(
                    code="geo_blocked", field="paths[0].status_code", value="451", elsewhere="200"
                )
            ],
        )
    ],
)
HINDERED = agreement_pb2.Agreement(
    code="prober_suspect",
    counted=["us-east-1"],
    dissents=[
        agreement_pb2.Dissent(
            vantage_point="eu-west-1",
            code="prober_suspect",
            evidence=[
                agreement_pb2.SightDifference(
                    code="prober_suspect", field="paths[0].outcome", value="http_not_asked"
                )
            ],
        )
    ],
)


def test_those_who_agree_are_named() -> None:
    shown = agreement_representation(AGREED)
    assert (shown["code"], shown["dissents"]) == ("agree", [])
    assert shown["counted"] == ["eu-west-1", "us-east-1"]


def test_who_differs_is_told_with_what_was_seen_there_and_elsewhere() -> None:
    (dissent,) = agreement_representation(BLOCKED)["dissents"]
    assert dissent == {
        "vantage_point": "eu-west-1",
        "compared_with": "us-east-1",
        "code": "geo_blocked",
        "evidence": [
            {
                "code": "geo_blocked",
                "field": "paths[0].status_code",
                "value": "451",
                "elsewhere": "200",
            }
        ],
    }


def test_who_was_hindered_is_compared_with_nobody() -> None:
    (dissent,) = agreement_representation(HINDERED)["dissents"]
    assert dissent["compared_with"] is None
    assert dissent["evidence"][0]["elsewhere"] is None


@pytest.mark.parametrize("told", [AGREED, BLOCKED, HINDERED])
def test_every_agreement_has_exactly_the_declared_fields(told: agreement_pb2.Agreement) -> None:
    shown = agreement_representation(told)
    assert TypeAdapter(Agreement).validate_python(shown, strict=True) == shown
