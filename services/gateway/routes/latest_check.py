"""GET /v1/check/latest: what was last seen of a name, without knowing the id of a check."""

from typing import Final

from starlette.responses import Response

from outscope.errors import InvalidRequest, NotFound
from outscope.representation.check import Check, check_representation
from outscope.v1 import check_service_pb2
from services.gateway.conditional import validated_json
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.operation import Answer, Call, Operation
from services.gateway.schemas.reading import LatestQuery
from services.gateway.schemas.request import validated
from services.gateway.translate.query import query_fields


async def show_latest_check(call: Call) -> Response:
    """Return the completed check of a name that was created last."""
    query = validated(LatestQuery, query_fields(call.request.query_params.multi_items()))
    message = check_service_pb2.GetLatestCheckRequest(
        fqdn=query.fqdn, vantage_point=query.vantage_point
    )
    check = (await call.scheduler.latest_check(message, call.caller)).check
    location = {"Content-Location": f"/v1/check/{check.id}"}
    return validated_json(call.request, check_representation(check), location)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/check/latest",
        run=show_latest_check,
        name="getLatestCheck",
        tag="Checks",
        summary="Get the latest check of a name",
        description=(
            "Returns the completed check of a name that was created last in this account, from "
            "one vantage point or whatever it is from; 404 when none has completed."
        ),
        query=LatestQuery,
        is_conditional=True,
        answers={
            200: Answer(
                description="The check.",
                schema=Check,
                example=COMPLETED_CHECK,
                headers={"Content-Location": "Where the check is by its id."},
            ),
        },
        refusals=(InvalidRequest, NotFound),
    ),
)
