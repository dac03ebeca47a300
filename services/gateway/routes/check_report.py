"""GET /v1/check/{id}/report.html: a check as a page to hand on."""

from typing import Final

from starlette.responses import Response

from outscope.errors import NotFound
from outscope.representation.check import check_representation
from outscope.v1 import check_service_pb2
from services.gateway.operation import Answer, Call, Operation
from services.gateway.routes.single_check import PARAMETERS, check_id_in
from services.gateway.translate.report import report_page, report_policy


async def show_report(call: Call) -> Response:
    """Return the report of a check of the caller's account, as it is now."""
    message = check_service_pb2.GetCheckRequest(id=check_id_in(call))
    answer = await call.scheduler.check(message, call.caller)
    return Response(
        report_page(check_representation(answer.check)),
        media_type="text/html",
        headers={
            "Content-Security-Policy": report_policy(),
            "Content-Disposition": f'inline; filename="outscope-{answer.check.id}.html"',
        },
    )


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/v1/check/{id}/report.html",
        run=show_report,
        name="getCheckReport",
        tag="Checks",
        summary="Get a check as a page",
        description=(
            "Returns a page to hand on or to print: the verdict with its evidence, what was seen, "
            "and what was not looked at. It is one file that loads nothing and runs nothing; what "
            "the target sent is shown as text. Of a check that is pending it says that."
        ),
        parameters=PARAMETERS,
        answers={200: Answer(description="The page.", media_type="text/html")},
        refusals=(NotFound,),
    ),
)
