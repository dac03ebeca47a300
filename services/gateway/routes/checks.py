"""GET /v1/checks and POST /v1/checks/batch: many checks at once."""

from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from outscope.errors import InvalidRequest
from outscope.slices import mapped_in_slices
from outscope.v1 import check_service_pb2
from services.gateway.body import json_body
from services.gateway.calls import Caller
from services.gateway.conditional import validated_json
from services.gateway.idempotency import REPLAY_HEADERS, asking_beside, replay_headers
from services.gateway.operation import ALLOWANCE_HEADERS, LIMITS, Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.batch import (
    BATCH_CREATED_EXAMPLE,
    BATCH_EXAMPLE,
    BatchRequest,
    BatchResult,
)
from services.gateway.schemas.check_list import LIST_EXAMPLE, CheckList, CheckListQuery
from services.gateway.schemas.request import validated
from services.gateway.translate.batch import (
    Reading,
    batch_message,
    batch_result,
    nothing_created,
    reading_of,
)
from services.gateway.translate.check_list import check_list, list_message
from services.gateway.translate.problem import error_body
from services.gateway.translate.query import query_fields
from services.gateway.translate.rate_limit import allowance_headers

_TAG: Final = "Checks"


async def list_checks(call: Call) -> Response:
    """Return one page of the account's checks, newest first."""
    pairs = call.request.query_params.multi_items()
    query = validated(CheckListQuery, query_fields(pairs, numbers=("limit",)))
    page = await call.scheduler.check_page(list_message(query), call.caller)
    return validated_json(call.request, check_list(page))


async def create_checks(call: Call) -> Response:
    """Create what can be created of a batch, and tell of each of the others why not."""
    items = validated(BatchRequest, await json_body(call.request)).checks
    readings = await mapped_in_slices(reading_of, items)
    message = batch_message(readings)
    answer = check_service_pb2.BatchCreateChecksResponse()
    # With nothing to send, the key may still stand for another request.
    if message.specs or call.caller.idempotency_key:
        answer = await call.scheduler.create_checks(message, _caller(call, items, readings))
    else:
        await call.scheduler.authenticate(call.caller)
    result = batch_result(items, readings, answer.items)
    headers = {**allowance_headers(answer.rate_limit), **replay_headers(answer)}
    if result["created"]:
        return JsonResponse(result, 201, headers)
    refusal = nothing_created(result)
    call.request.state.error_code = refusal.code
    body = {**error_body(refusal, call.caller.request_id), **result}
    return JsonResponse(body, refusal.http_status, headers)


def _caller(call: Call, items: Sequence[object], readings: Sequence[Reading]) -> Caller:
    """Return the caller, whose key stands for the items that are not sent, too."""
    unsent = [
        (index, item)
        for index, (item, reading) in enumerate(zip(items, readings, strict=True))
        if isinstance(reading, InvalidRequest)
    ]
    return asking_beside(call.caller, unsent)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/checks",
        run=list_checks,
        name="listChecks",
        tag=_TAG,
        summary="List checks",
        description="Lists the checks of the account, newest first, page by page.",
        query=CheckListQuery,
        is_conditional=True,
        answers={
            200: Answer(description="One page.", schema=CheckList, example=LIST_EXAMPLE),
        },
        refusals=(InvalidRequest,),
    ),
    Operation(
        method="POST",
        path="/v1/checks/batch",
        run=create_checks,
        name="createChecks",
        tag=_TAG,
        summary="Create checks in one request",
        description=(
            "Creates 1 to 100 checks. An item that is refused stops no other: errors tells its "
            "index and why. When none could be created, the answer is 400 and has error besides "
            "created, stats and errors. A batch that would exceed a limit is refused whole; "
            "one that is larger than all of one is a 400 that says how many fit."
        ),
        body=BatchRequest,
        body_example=BATCH_EXAMPLE,
        answers={
            201: Answer(
                description="At least one check was created.",
                schema=BatchResult,
                example=BATCH_CREATED_EXAMPLE,
                headers={**ALLOWANCE_HEADERS, **REPLAY_HEADERS},
            )
        },
        refusals=(InvalidRequest, *LIMITS),
        creates=True,
    ),
)
