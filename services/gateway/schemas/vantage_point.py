"""From where targets can be checked, and how it stands there."""

from typing import Annotated, Final

from pydantic import Field
from typing_extensions import TypedDict

VANTAGE_POINTS_EXAMPLE: Final = {
    "data": [
        {
            "name": "eu-west-1",
            "tags": ["asn:16509", "continent:eu", "provider:aws"],
            "is_private": False,
            "live_probers": 3,
            "fit_probers": 2,
            "faults": [
                {
                    "part": "canary",
                    "reason": "canary.example.com:443 cannot be reached (filtered)",
                }
            ],
            "queue": 12,
            "typical_wait_s": 0.08,
            "has_ipv6": True,
            "versions": ["0.1.0"],
        },
        {
            "name": "us-east-1",
            "tags": ["continent:na"],
            "is_private": False,
            "live_probers": 0,
            "fit_probers": 0,
            "faults": [],
            "queue": 0,
            "typical_wait_s": None,
            "has_ipv6": False,
            "versions": [],
        },
    ]
}


class VantageFault(TypedDict):
    """A self-test that a prober does not pass."""

    part: Annotated[str, Field(description="`resolver` or `canary`.")]
    reason: Annotated[str, Field(description="For people.")]


class VantagePoint(TypedDict):
    """How it stands at one vantage point."""

    name: Annotated[str, Field(description="What `vantage_point` of a check takes.")]
    tags: Annotated[
        list[str],
        Field(
            description=(
                "What its operator says of where it stands, each a key and a value, in order of "
                "the alphabet."
            )
        ),
    ]
    is_private: Annotated[
        bool,
        Field(
            description=("It is your account's own: no other account is told of it or can use it.")
        ),
    ]
    live_probers: Annotated[
        int, Field(description="Those that said within the last seconds that they are alive.", ge=0)
    ]
    fit_probers: Annotated[
        int,
        Field(
            description=(
                "Those of them that pass their self-tests. While there is none, checks wait, and "
                "fail with `vantage_unavailable` in the end."
            ),
            ge=0,
        ),
    ]
    faults: Annotated[
        list[VantageFault],
        Field(description="What fails of the others' self-tests, each once."),
    ]
    queue: Annotated[
        int,
        Field(description="Checks of all accounts that have not ended: waiting or in work.", ge=0),
    ]
    typical_wait_s: Annotated[
        float | None,
        Field(
            description=(
                "The median time from its creation to its beginning of checks that ended in the "
                "last 15 minutes, in seconds; null without any."
            ),
            ge=0,
        ),
    ]
    has_ipv6: Annotated[
        bool, Field(description="Every live prober can try IPv6 addresses; false without any.")
    ]
    versions: Annotated[list[str], Field(description="Of the live probers, each once.")]


class VantagePointList(TypedDict):
    """Every vantage point, the default one first."""

    data: Annotated[
        list[VantagePoint], Field(description="The vantage points, the default one first.")
    ]
