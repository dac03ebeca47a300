"""GET /healthz, /readyz and /metrics: what operators and orchestrators ask."""

from typing import Final

from starlette.responses import Response

from outscope.telemetry.metrics import render
from services.gateway.operation import Answer, Call, Operation
from services.gateway.responses import JsonResponse
from services.gateway.schemas.service import Alive, Readiness

_TAG: Final = "Service"


async def tell_alive(call: Call) -> Response:
    """Answer; that is all there is to tell."""
    del call
    alive: Alive = {"status": "ok"}
    return JsonResponse(alive)


async def tell_ready(call: Call) -> Response:
    """Ask the scheduler whether it is serving."""
    is_ready = await call.scheduler.is_serving()
    readiness: Readiness = {
        "status": "ready" if is_ready else "not_ready",
        "dependencies": {"scheduler": is_ready},
    }
    return JsonResponse(readiness, 200 if is_ready else 503)


async def show_metrics(call: Call) -> Response:
    """Return the metrics of this process."""
    del call
    body, content_type = render()
    return Response(body, media_type=content_type)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/healthz",
        run=tell_alive,
        name="getHealth",
        tag=_TAG,
        summary="Is the process alive?",
        answers={
            200: Answer(description="It is.", schema=Alive, example={"status": "ok"}),
        },
        needs_key=False,
        is_polled=True,
    ),
    Operation(
        method="GET",
        path="/readyz",
        run=tell_ready,
        name="getReadiness",
        tag=_TAG,
        summary="Does what it depends on answer?",
        answers={
            200: Answer(
                description="It does.",
                schema=Readiness,
                example={"status": "ready", "dependencies": {"scheduler": True}},
            ),
            503: Answer(
                description="It does not; send no traffic.",
                schema=Readiness,
                example={"status": "not_ready", "dependencies": {"scheduler": False}},
            ),
        },
        needs_key=False,
        is_polled=True,
    ),
    Operation(
        method="GET",
        path="/metrics",
        run=show_metrics,
        name="getMetrics",
        tag=_TAG,
        summary="Metrics for Prometheus",
        answers={
            200: Answer(description="The text format.", media_type="text/plain"),
        },
        needs_key=False,
        is_polled=True,
    ),
)
