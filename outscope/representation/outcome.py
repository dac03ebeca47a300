"""How one stage of a check ended."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.representation.codes import outcome_code, owner_code
from outscope.v1 import facts_pb2


class Outcome(TypedDict):
    """How one stage of a check ended, who has to act for it to change, and how long it took."""

    code: Annotated[str, Field(description="ok, or what happened, such as dns_nxdomain.")]
    owner: Annotated[
        str | None,
        Field(description="target, resolver, network, policy or ours; null when the code is ok."),
    ]
    duration_ms: Annotated[int, Field(description="How long the stage took.")]


def outcome_representation(outcome: facts_pb2.Outcome) -> Outcome:
    """Return an outcome as the API shows it."""
    return {
        "code": outcome_code(outcome.code),
        "owner": owner_code(outcome.owner) if outcome.owner else None,
        "duration_ms": outcome.duration_ms,
    }


def optional_outcome(outcome: facts_pb2.Outcome) -> Outcome | None:
    """Return an outcome, or null for a stage that was never begun."""
    return outcome_representation(outcome) if outcome.code else None
