"""The ASGI application: the operations as routes, inside what happens around every request.

Who hangs up has what is done for the request ended.
Law: who has no valid key learns nothing but that. The scheduler authenticates every call, so only
a request that is refused before any call is made costs a call of its own.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from outscope.clock import Clock
from outscope.errors import Refusal
from services.gateway.auth import api_key_of
from services.gateway.badges import Badges
from services.gateway.calls import Caller, is_answer_of_scheduler
from services.gateway.hang_up import until_hung_up
from services.gateway.idempotency import with_idempotency_key
from services.gateway.middleware.admission import Admission
from services.gateway.middleware.defects import Defects
from services.gateway.middleware.measurement import Measurement
from services.gateway.middleware.request_id import RequestId, request_id_of
from services.gateway.middleware.security_headers import SecurityHeaders
from services.gateway.middleware.tracing import Tracing
from services.gateway.openapi import openapi_document
from services.gateway.operation import Call, Operation
from services.gateway.printer import Printer
from services.gateway.refusals import hung_up, refused, unrouted
from services.gateway.routes import OPERATIONS
from services.gateway.scheduler import Scheduler
from services.gateway.translate.query import refuse_any
from services.gateway.waits import Waits

# Most of them wait for something.
MAX_REQUESTS: Final = 5000

_HANDLERS: Final = {Refusal: refused, HTTPException: unrouted, ClientDisconnect: hung_up}

Endpoint = Callable[[Request], Awaitable[Response]]


def build_app(
    scheduler: Scheduler,
    clock: Clock,
    operations: Sequence[Operation] = OPERATIONS,
    waits: Waits | None = None,
    *,
    printer: Printer | None = None,
    max_requests: int = MAX_REQUESTS,
) -> ASGIApp:
    """Return the application that answers by means of a scheduler; waits are to be ended first."""
    waits, printer = waits or Waits(), printer or Printer()
    badges = Badges(clock)
    document = to_json(openapi_document(operations))
    endpoints = {
        _endpoint(methods, scheduler, document, waits, printer, badges): (path, methods)
        for path, methods in _by_path(operations).items()
    }
    templates: dict[object, str] = {endpoint: path for endpoint, (path, _) in endpoints.items()}
    polled = {operation.path for operation in operations if operation.is_polled}
    app = Starlette(
        # One route a path, so that the 405 of a path tells all of its methods.
        routes=[
            Route(path, endpoint, methods=list(methods))
            for endpoint, (path, methods) in endpoints.items()
        ],
        middleware=[
            Middleware(RequestId, clock=clock),
            Middleware(Tracing, templates=templates, polled=polled),
            Middleware(Measurement, templates=templates, polled=polled),
            Middleware(SecurityHeaders),
            Middleware(Admission, most=max_requests, polled=polled),
            Middleware(Defects),
        ],
        exception_handlers=_HANDLERS,
    )
    # A path with a slash too many is another path: 404, not a redirect that loses the body.
    app.router.redirect_slashes = False
    return app


def _by_path(operations: Sequence[Operation]) -> dict[str, dict[str, Operation]]:
    """Return the operations of each path by their method, paths in the order they come in."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    return paths


def _endpoint(
    methods: Mapping[str, Operation],
    scheduler: Scheduler,
    document: bytes,
    waits: Waits,
    printer: Printer,
    badges: Badges,
) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        # HEAD is answered where GET is.
        operation = methods["GET" if request.method == "HEAD" else request.method]
        api_key = api_key_of(request.headers) if operation.needs_key else ""
        caller = Caller(api_key=api_key, request_id=request_id_of(request.scope))
        try:
            if operation.creates:
                caller = with_idempotency_key(caller, request.headers)
            call = Call(
                request=request,
                caller=caller,
                scheduler=scheduler,
                document=document,
                waits=waits,
                printer=printer,
                badges=badges,
            )
            if operation.refuses_parameters:
                refuse_any(request.query_params)
            async with until_hung_up(request.scope):
                return await operation.run(call)
        except Refusal as refusal:
            if operation.needs_key and not is_answer_of_scheduler(refusal):
                await scheduler.authenticate(caller)
            raise

    return endpoint
