"""POST and GET /v1/check/{id}/review: dispute a verdict, and ask what came of it."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound
from outscope.v1 import judgement_service_pb2
from services.gateway.body import json_body
from services.gateway.idempotency import REPLAY_HEADERS, replay_headers
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.routes.single_check import check_id_in
from services.gateway.schemas.request import validated
from services.gateway.schemas.review import (
    REVIEW_CREATED_EXAMPLE,
    REVIEW_EXAMPLE,
    Review,
    ReviewRequest,
)
from services.gateway.translate.review import review_representation, review_request_message

_TAG: Final = "Verdicts"
_PARAMETERS: Final = {"id": "The id of the check, chk_…"}


async def review_check(call: Call) -> Response:
    """Dispute the verdict of a check."""
    asked = validated(ReviewRequest, await json_body(call.request))
    message = review_request_message(check_id_in(call), asked)
    answer = await call.scheduler.review_check(message, call.caller)
    return JsonResponse(review_representation(answer.review), 201, replay_headers(answer))


async def show_review(call: Call) -> Response:
    """Return the latest review of a check."""
    message = judgement_service_pb2.GetReviewRequest(id=check_id_in(call))
    answer = await call.scheduler.review(message, call.caller)
    return JsonResponse(review_representation(answer.review))


OPERATIONS: Final = (
    Operation(
        method="POST",
        path="/v1/check/{id}/review",
        run=review_check,
        name="reviewCheck",
        tag=_TAG,
        summary="Dispute a verdict",
        description=(
            "Has a person look into the verdict of a completed check. What the verdict was reached "
            "from is copied for that, and deleted when the review is closed. "
            "A check has one open review at a time: another is a 409."
        ),
        parameters=_PARAMETERS,
        body=ReviewRequest,
        body_example=REVIEW_EXAMPLE,
        answers={
            201: Answer(
                description="The review is open.",
                schema=Review,
                example=REVIEW_CREATED_EXAMPLE,
                headers=REPLAY_HEADERS,
            )
        },
        refusals=(InvalidRequest, NotFound, Conflict),
        creates=True,
    ),
    Operation(
        method="GET",
        path="/v1/check/{id}/review",
        run=show_review,
        name="getReview",
        tag=_TAG,
        summary="Get a review",
        description="Returns the latest review of a check, and what whoever closed it says.",
        parameters=_PARAMETERS,
        answers={
            200: Answer(description="The review.", schema=Review, example=REVIEW_CREATED_EXAMPLE)
        },
        refusals=(NotFound,),
    ),
)
