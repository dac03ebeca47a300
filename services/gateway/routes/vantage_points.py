"""GET /v1/vantage-points: from where targets can be checked, and how it stands there."""

from typing import Final

from starlette.responses import Response

from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.vantage_point import VANTAGE_POINTS_EXAMPLE, VantagePointList
from services.gateway.translate.vantage_point import vantage_point_list


async def list_vantage_points(call: Call) -> Response:
    """Return every vantage point."""
    return JsonResponse(vantage_point_list(await call.scheduler.vantage_points(call.caller)))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/vantage-points",
        run=list_vantage_points,
        name="listVantagePoints",
        tag="Vantage points",
        summary="List vantage points",
        description=(
            "Every vantage point that there is, the default one first: who is there, whether they "
            "are fit, how much waits and for how long."
        ),
        answers={
            200: Answer(
                description="How it stands at each.",
                schema=VantagePointList,
                example=VANTAGE_POINTS_EXAMPLE,
            )
        },
    ),
)
