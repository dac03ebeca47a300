"""POST /v1/check and GET /v1/check/{id}: one check at a time."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound, RateLimited
from outscope.ids import CHECK_PREFIX, is_id
from outscope.representation.check import Check, check_representation
from outscope.telemetry.logs import bind
from outscope.v1 import check_service_pb2
from outscope.vantage import vantage_fields
from services.gateway.body import json_body
from services.gateway.conditional import validated_json
from services.gateway.examples import COMPLETED_CHECK
from services.gateway.further_examples import CANCELLED_CHECK, FURTHER_CHECKS
from services.gateway.idempotency import REPLAY_HEADERS, replay_headers
from services.gateway.operation import ALLOWANCE_HEADERS, LIMITS, Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.check import (
    CREATED_EXAMPLE,
    REQUEST_EXAMPLE,
    CheckRequest,
    CreatedCheck,
)
from services.gateway.schemas.reading import CheckQuery
from services.gateway.schemas.request import validated
from services.gateway.translate.check import created_check, spec_message
from services.gateway.translate.query import query_fields
from services.gateway.translate.rate_limit import allowance_headers
from services.gateway.waiting import check_within

_TAG: Final = "Checks"
PARAMETERS: Final = {"id": "The id of the check, chk_…"}


async def create_check(call: Call) -> Response:
    """Create a check; it is carried out in the background."""
    asked = validated(CheckRequest, await json_body(call.request))
    message = check_service_pb2.CreateCheckRequest(spec=spec_message(asked))
    answer = await call.scheduler.create_check(message, call.caller)
    spec = answer.check.spec
    bind(
        check_id=answer.check.id,
        **vantage_fields(tuple(spec.vantage_points) or (spec.vantage_point,)),
    )
    headers = {
        "Location": f"/v1/check/{answer.check.id}",
        **allowance_headers(answer.rate_limit),
        **replay_headers(answer),
    }
    return JsonResponse(created_check(answer.check), 201, headers)


async def show_check(call: Call) -> Response:
    """Return a check of the caller's account, once it has ended if the caller waits for that."""
    pairs = call.request.query_params.multi_items()
    query = validated(CheckQuery, query_fields(pairs, numbers=("wait",)))
    check = await check_within(call, check_id_in(call), query.wait)
    return validated_json(call.request, check_representation(check))


async def cancel_check(call: Call) -> Response:
    """End a pending check of the caller's account."""
    message = check_service_pb2.CancelCheckRequest(id=check_id_in(call))
    answer = await call.scheduler.cancel_check(message, call.caller)
    return JsonResponse(check_representation(answer.check))


def check_id_in(call: Call) -> str:
    """Return the check that a path names; what no check can be named is refused."""
    check_id = str(call.request.path_params["id"])
    if not is_id(CHECK_PREFIX, check_id):
        raise NotFound("There is no such check in this account", field="id", value=check_id)
    bind(check_id=check_id)
    return check_id


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/check",
        run=create_check,
        name="createCheck",
        tag=_TAG,
        summary="Create a check",
        description=(
            "Creates an external visibility check. It is carried out in the background: ask for it "
            "by its id, wait for it with wait, follow its events, or subscribe a webhook."
        ),
        body=CheckRequest,
        body_example=REQUEST_EXAMPLE,
        answers={
            201: Answer(
                description="The check was created and is pending.",
                schema=CreatedCheck,
                example=CREATED_EXAMPLE,
                headers={"Location": "Where the check is.", **ALLOWANCE_HEADERS, **REPLAY_HEADERS},
            )
        },
        refusals=(InvalidRequest, *LIMITS),
        creates=True,
    ),
    Operation(
        method="GET",
        path="/v1/check/{id}",
        run=show_check,
        name="getCheck",
        tag=_TAG,
        summary="Get a check",
        description=(
            "Returns a check, once it has ended with what was seen. With wait the answer comes as "
            "soon as it has ended, and as it is when the time is over; 429 when the account waits "
            "for too many checks at once, 503 when this gateway holds no more."
        ),
        parameters=PARAMETERS,
        query=CheckQuery,
        is_conditional=True,
        answers={
            200: Answer(
                description="The check.",
                schema=Check,
                example=COMPLETED_CHECK,
                further_examples=FURTHER_CHECKS,
            ),
        },
        refusals=(InvalidRequest, NotFound, RateLimited),
    ),
    Operation(
        method="DELETE",
        path="/v1/check/{id}",
        run=cancel_check,
        name="cancelCheck",
        tag=_TAG,
        summary="Cancel a check",
        description=(
            "Ends a pending check: it is not begun or, when it is being carried out, stopped, and "
            "what was seen until then is dropped. A check that has ended is a 409."
        ),
        parameters=PARAMETERS,
        answers={
            200: Answer(
                description="The check is cancelled.", schema=Check, example=CANCELLED_CHECK
            ),
        },
        refusals=(NotFound, Conflict),
    ),
)
