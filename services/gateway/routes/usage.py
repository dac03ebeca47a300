"""GET /v1/usage: what an account has used of what it may."""

from typing import Final

from starlette.responses import Response

from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.usage import USAGE_EXAMPLE, Usage
from services.gateway.translate.usage import usage_representation


async def show_usage(call: Call) -> Response:
    """Return the limits that the caller's key is held to, and what has been used of them."""
    return JsonResponse(usage_representation(await call.scheduler.usage(call.caller)))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/usage",
        run=show_usage,
        name="getUsage",
        tag="Usage",
        summary="What is used and left",
        description=(
            "Returns the limits this key is held to, each with what has been used of it, what is "
            "left, and when all of it is left again. Asking counts for nothing."
        ),
        answers={
            200: Answer(description="The usage.", schema=Usage, example=USAGE_EXAMPLE),
        },
    ),
)
