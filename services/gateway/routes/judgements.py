"""Judge checks anew from the facts kept, one or a page of them, and explain a verdict."""

from typing import Final

from starlette.responses import Response

from outscope.errors import Conflict, InvalidRequest, NotFound, RateLimited
from outscope.v1 import judgement_service_pb2
from services.gateway.body import json_body_if_any
from services.gateway.judgement_examples import EXPLANATION, REJUDGED_CHECK, REJUDGED_LIST
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.routes.single_check import check_id_in
from services.gateway.schemas.judgement import (
    REJUDGE_EXAMPLE,
    Explanation,
    RejudgedCheck,
    RejudgedList,
    RejudgeRequest,
)
from services.gateway.schemas.request import validated
from services.gateway.translate.judgement import (
    explanation,
    rejudge_message,
    rejudged_check,
    rejudged_list,
)

_TAG: Final = "Verdicts"
_PARAMETERS: Final = {"id": "The id of the check, chk_…"}
_WITHOUT_TRAFFIC: Final = (
    "A prober applies the current rules to what is kept of the answers; the target is asked "
    "nothing. Answers are kept as long as content samples are, whether or not samples are asked "
    "for; afterwards, and when they were too long to keep, the answer is 409. A key may have as "
    "many verdicts judged again or explained in a minute as it may create checks; over that the "
    "answer is 429 with Retry-After."
)


async def rejudge_check(call: Call) -> Response:
    """Judge one check anew; the verdict it had is in the answer."""
    message = judgement_service_pb2.RejudgeCheckRequest(id=check_id_in(call))
    answer = await call.scheduler.rejudge_check(message, call.caller)
    return JsonResponse(rejudged_check(answer))


async def rejudge_checks(call: Call) -> Response:
    """Judge a page of completed checks anew."""
    asked = validated(RejudgeRequest, await json_body_if_any(call.request))
    page = await call.scheduler.rejudge_checks(rejudge_message(asked), call.caller)
    return JsonResponse(rejudged_list(page))


async def explain_check(call: Call) -> Response:
    """Tell which rules had something to say of a check."""
    check_id = check_id_in(call)
    message = judgement_service_pb2.ExplainCheckRequest(id=check_id)
    answer = await call.scheduler.explain_check(message, call.caller)
    return JsonResponse(explanation(check_id, answer))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/check/{id}/explain",
        run=explain_check,
        name="explainCheck",
        tag=_TAG,
        summary="Explain a verdict",
        description=(
            "Returns the rules that decided, fired, were outranked or did not count, each in a "
            "sentence and with what it saw, and the others that were asked, each with what it "
            f"looks for. Nothing is stored. {_WITHOUT_TRAFFIC}"
        ),
        parameters=_PARAMETERS,
        answers={200: Answer(description="Why.", schema=Explanation, example=EXPLANATION)},
        refusals=(NotFound, Conflict, RateLimited),
    ),
    Operation(
        method="POST",
        path="/v1/check/{id}/rejudge",
        run=rejudge_check,
        name="rejudgeCheck",
        tag=_TAG,
        summary="Judge a check anew",
        description=(
            "Replaces the verdict of a completed check by what the current rules say, and returns "
            f"both. {_WITHOUT_TRAFFIC}"
        ),
        parameters=_PARAMETERS,
        answers={
            200: Answer(
                description="The check with its new verdict, and what differs by it.",
                schema=RejudgedCheck,
                example=REJUDGED_CHECK,
            )
        },
        refusals=(NotFound, Conflict, RateLimited),
    ),
    Operation(
        method="POST",
        path="/v1/checks/rejudge",
        run=rejudge_checks,
        name="rejudgeChecks",
        tag=_TAG,
        summary="Judge many checks anew",
        description=(
            "The same for the account's completed checks, or those of one name, newest first and "
            "page by page; without a body those of every name, 30 a page. A check that cannot be "
            "judged stops no other: its error tells why. Each check of a page counts against the "
            "allowance, and a page is never longer than that."
        ),
        body=RejudgeRequest,
        body_example=REJUDGE_EXAMPLE,
        body_may_be_absent=True,
        answers={200: Answer(description="One page.", schema=RejudgedList, example=REJUDGED_LIST)},
        refusals=(InvalidRequest, RateLimited),
    ),
)
