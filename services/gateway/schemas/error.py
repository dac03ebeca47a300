"""The one shape of every error."""

from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import TypedDict

ERROR_EXAMPLE: Final = {
    "error": {
        "code": "invalid_request",
        "message": "Invalid FQDN format",
        "details": {"field": "fqdn", "value": "not-a-valid-domain"},
        "request_id": "req_01kprq4e00c5s6h9m2t8v4x3za",
    }
}

Details = Annotated[
    dict[str, Any],
    Field(description="field and value name what was refused; other members depend on the code."),
]


class Problem(TypedDict):
    """Why something was refused."""

    code: Annotated[str, Field(description="Stable, snake_case; tell errors apart by this.")]
    message: Annotated[str, Field(description="For people; may change.")]
    details: Details


class RequestProblem(Problem):
    """Why a request was refused."""

    request_id: Annotated[str, Field(description="Also in the x-request-id header and our logs.")]


class ErrorBody(TypedDict):
    """The body of every answer that is not a success."""

    error: Annotated[RequestProblem, Field(description="Why the request was refused.")]
