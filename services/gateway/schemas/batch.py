"""Many checks in one request: what was created, what was refused and why."""

from typing import Annotated, Final

from pydantic import Field, SkipValidation
from typing_extensions import TypedDict

from outscope.limits import MAX_BATCH
from services.gateway.schemas.check import CheckRequest
from services.gateway.schemas.error import Problem
from services.gateway.schemas.request import RequestModel

BATCH_EXAMPLE: Final = {
    "checks": [
        {"fqdn": "example1.com", "ports": [443]},
        {"fqdn": "example2.com", "ports": [80, 443]},
    ]
}
BATCH_CREATED_EXAMPLE: Final = {
    "created": [
        {"id": "chk_01kprq4e00c5s6h9m2t8v4x3za", "fqdn": "example1.com"},
        {"id": "chk_01kprq4e00c5s6h9m2t8v4x3zb", "fqdn": "example2.com"},
    ],
    "stats": {"total": 2, "created": 2, "failed": 0},
    "errors": [],
}


class BatchRequest(RequestModel):
    """Checks to create together; each is validated on its own, so that one stops no other."""

    checks: Annotated[
        list[SkipValidation[CheckRequest]],
        Field(
            description="What to check, each as in POST /v1/check.",
            min_length=1,
            max_length=MAX_BATCH,
            json_schema_extra={"items": {"$ref": "#/components/schemas/CheckRequest"}},
        ),
    ]


class CreatedItem(TypedDict):
    """One check of a batch that was created."""

    id: Annotated[str, Field(description="Begins with chk_.")]
    fqdn: Annotated[str, Field(description="Lower-case A-labels without a trailing dot.")]


class BatchStats(TypedDict):
    """How many items there were and what came of them."""

    total: Annotated[int, Field(description="Items that were sent.")]
    created: Annotated[int, Field(description="Items that became checks.")]
    failed: Annotated[int, Field(description="Items that were refused.")]


class RefusedItem(TypedDict):
    """One item of a batch that was refused."""

    index: Annotated[int, Field(description="Its place in checks, from 0.")]
    fqdn: Annotated[str | None, Field(description="As sent; null when it was no string.")]
    error: Annotated[Problem, Field(description="Why it was refused.")]


class BatchResult(TypedDict):
    """What came of a batch: created and errors in the order sent."""

    created: Annotated[
        list[CreatedItem], Field(description="The checks that were created, in the order sent.")
    ]
    stats: Annotated[BatchStats, Field(description="How many there were of each.")]
    errors: Annotated[
        list[RefusedItem], Field(description="The items that were refused, in the order sent.")
    ]
