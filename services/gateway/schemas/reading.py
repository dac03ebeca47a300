"""The queries of reading one check."""

from typing import Annotated

from pydantic import Field, WrapValidator
from pydantic_core import PydanticCustomError, ValidationError
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from outscope.limits import MAX_WAIT_S
from services.gateway.schemas.request import RequestModel, absent_by_default


def _within_the_range(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    """Tell the whole range, whichever end of it a number is beyond."""
    try:
        return validate(value)
    except ValidationError as error:
        raise PydanticCustomError("seconds", "", {"ge": 0, "le": MAX_WAIT_S}) from error


class CheckQuery(RequestModel):
    """How long the caller waits for a check to end."""

    member = "parameter"

    wait: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_WAIT_S,
            description=(
                "Seconds to wait for the check to end: it is answered at once when it has, and as "
                "it is when the time is over."
            ),
        ),
        WrapValidator(_within_the_range),
    ] = 0


class LatestQuery(RequestModel):
    """Whose latest check."""

    member = "parameter"

    fqdn: Annotated[
        str, Field(min_length=1, description="The name; normalised as when creating a check.")
    ]
    vantage_point: Annotated[
        str,
        Field(
            min_length=1,
            description="Only checks from this vantage point; from any when it is left out.",
            examples=["eu-west-1"],
            json_schema_extra=absent_by_default,
        ),
    ] = ""
