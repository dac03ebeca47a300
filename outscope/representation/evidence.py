"""What a rule of the judge looked at, and what it saw."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from outscope.v1 import verdict_pb2


class Evidence(TypedDict):
    """One thing a rule looked at and what it saw."""

    rule: Annotated[str, Field(description="The rule that looked.")]
    field: Annotated[
        str,
        Field(
            description=(
                "The path of the fact in this check, such as paths[0].headers.server; a body is "
                "shown only with include_content_sample."
            )
        ),
    ]
    value: Annotated[str, Field(description="What matched, at most 256 characters.")]


def evidence_representation(evidence: verdict_pb2.Evidence) -> Evidence:
    """Return a piece of evidence as the API shows it."""
    return {"rule": evidence.rule, "field": evidence.field, "value": evidence.value}
