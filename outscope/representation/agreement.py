"""Whether the vantage points of a check agree, and what differs where they do not."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.v1 import agreement_pb2

_CLASSES = (
    "geo_blocked, waf_by_region, dns_split, regional_outage, cert_differs, content_differs or "
    "prober_suspect"
)


class SightDifference(TypedDict):
    """One fact that differs."""

    code: Annotated[str, Field(description=f"{_CLASSES}.", examples=["geo_blocked"])]
    field: Annotated[
        str,
        Field(
            description="The fact, by its path in the answer of the vantage point that differs.",
            examples=["paths[0].status_code"],
        ),
    ]
    value: Annotated[str, Field(description="What was seen there, as text.", examples=["451"])]
    elsewhere: Annotated[
        str | None,
        Field(
            description="What was seen where it was compared; null when it was compared with "
            "nobody.",
            examples=["200"],
        ),
    ]


class Dissent(TypedDict):
    """In what one vantage point differs from another."""

    vantage_point: Annotated[
        str, Field(description="The one that differs.", examples=["eu-west-1"])
    ]
    compared_with: Annotated[
        str | None,
        Field(
            description="The one that came furthest and looks like most; null when this one was "
            "hindered by a fault of ours, and therefore is not counted.",
            examples=["us-east-1"],
        ),
    ]
    code: Annotated[
        str,
        Field(description="The class in its evidence that says most.", examples=["geo_blocked"]),
    ]
    evidence: Annotated[
        list[SightDifference], Field(description="What differs; at least one fact.", min_length=1)
    ]


class Agreement(TypedDict):
    """Whether the vantage points that are counted agree."""

    code: Annotated[
        str,
        Field(
            description=f"agree, or the class of disagreement that says most: {_CLASSES}.",
            examples=["geo_blocked"],
        ),
    ]
    counted: Annotated[
        list[str],
        Field(
            description="The vantage points that are counted: those that speak of the target, and "
            "not of a fault of ours.",
            examples=[["eu-west-1", "us-east-1"]],
        ),
    ]
    dissents: Annotated[
        list[Dissent],
        Field(description="One for each vantage point that differs; none when all agree."),
    ]


def agreement_representation(agreement: agreement_pb2.Agreement) -> Agreement:
    """Return how far vantage points agree as the API shows it."""
    return {
        "code": agreement.code,
        "counted": list(agreement.counted),
        "dissents": [_dissent(dissent) for dissent in agreement.dissents],
    }


def _dissent(dissent: agreement_pb2.Dissent) -> Dissent:
    return {
        "vantage_point": dissent.vantage_point,
        "compared_with": dissent.compared_with or None,
        "code": dissent.code,
        "evidence": [_difference(each, dissent) for each in dissent.evidence],
    }


def _difference(
    difference: agreement_pb2.SightDifference, dissent: agreement_pb2.Dissent
) -> SightDifference:
    return {
        "code": difference.code,
        "field": difference.field,
        "value": difference.value,
        "elsewhere": difference.elsewhere if dissent.compared_with else None,
    }
