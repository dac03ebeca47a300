"""GET /v1/check/{id}/report.html and report.pdf: a check as a document to hand on."""

from typing import Final

from starlette.responses import Response

from outscope.errors import NotFound
from outscope.representation.check import check_representation
from outscope.v1 import check_service_pb2
from services.gateway.operation import Answer, Call, Operation
from services.gateway.routes.single_check import PARAMETERS, check_id_in
from services.gateway.translate.printed import printed_page
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


async def print_report(call: Call) -> Response:
    """Return the same report as a PDF."""
    message = check_service_pb2.GetCheckRequest(id=check_id_in(call))
    check = (await call.scheduler.check(message, call.caller)).check
    pdf = await call.printer.pdf_of(
        lambda: printed_page(check_representation(check)), for_key=call.caller.api_key
    )
    return Response(
        pdf,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="outscope-{check.id}.pdf"'},
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
    Operation(
        method="GET",
        path="/v1/check/{id}/report.pdf",
        run=print_report,
        name="getCheckReportPdf",
        tag="Checks",
        summary="Get a check as a PDF",
        description=(
            "Returns the same report as a PDF; texts of more than 120 characters are cut, and it "
            "says so. One is made at a time for each API key and a few at once in all: 503 with "
            "Retry-After beyond that, 504 when it takes more than 60 seconds, and 503 where the "
            "library Pango is not installed."
        ),
        parameters=PARAMETERS,
        answers={200: Answer(description="The PDF.", media_type="application/pdf")},
        refusals=(NotFound,),
    ),
)
