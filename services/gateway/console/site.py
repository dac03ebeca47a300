"""The console as an application before the API: it takes what browsers ask for as pages.

Law: whoever does not ask for HTML gets what the API answers, byte for byte as without a console.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from outscope.clock import Clock
from services.gateway.console import handlers, webhook_handlers
from services.gateway.console.answers import going_on, page_answer, show_file
from services.gateway.console.api import Api
from services.gateway.console.origin import is_https, is_own_form, own_path
from services.gateway.console.pages.layout import message_page
from services.gateway.console.pages.sign_in import sign_in_page
from services.gateway.console.session import Sessions, session_cookie
from services.gateway.console.visit import (
    UNAUTHORIZED,
    Refused,
    Unfit,
    Visit,
    broken_page,
    form_in,
    no_page,
    refused_page,
    session_of,
    to_sign_in,
)
from services.gateway.hang_up import until_hung_up
from services.gateway.middleware.defects import Defects
from services.gateway.middleware.measurement import Measurement
from services.gateway.middleware.request_id import RequestId
from services.gateway.middleware.security_headers import SecurityHeaders
from services.gateway.refusals import hung_up, unrouted

Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]

# Below it is what scripts and frames of a page ask for; everything else here is a page.
_PARTS: Final = "console"
_PAGES: Final[Sequence[tuple[str, str, Handler]]] = (
    ("GET", "/", handlers.new_check),
    ("POST", "/", handlers.create_check),
    ("GET", "/checks", handlers.list_checks),
    ("GET", "/checks/{id}", handlers.show_check),
    ("POST", "/checks/{id}/cancel", handlers.cancel_check),
    ("GET", "/compare", handlers.compare),
    ("GET", "/webhooks", webhook_handlers.list_webhooks),
    ("GET", "/webhooks/new", webhook_handlers.new_webhook),
    ("POST", "/webhooks/new", webhook_handlers.create_webhook),
    ("GET", "/webhooks/{id}", webhook_handlers.show_webhook),
    ("GET", "/webhooks/{id}/edit", webhook_handlers.edit_webhook),
    ("POST", "/webhooks/{id}/edit", webhook_handlers.change_webhook),
    ("POST", "/webhooks/{id}/delete", webhook_handlers.delete_webhook),
    ("POST", "/webhooks/{id}/test", webhook_handlers.test_webhook),
    ("POST", "/webhooks/{id}/recover", webhook_handlers.recover),
    ("POST", "/webhooks/{id}/replay-missing", webhook_handlers.replay_missing),
    ("POST", "/webhooks/{id}/deliveries/{delivery_id}/resend", webhook_handlers.resend_delivery),
    ("GET", "/vantage-points", handlers.list_vantage_points),
    ("GET", "/usage", handlers.show_usage),
    ("GET", "/keys", handlers.show_keys),
)
_STREAMED: Final = ("events", "report.html", "report.pdf")


class Site:
    """Wraps the API."""

    def __init__(self, api: ASGIApp, sessions: Sessions, clock: Clock) -> None:
        self._api = api
        self._sessions = sessions
        self._routes = self._all_routes()
        self._places = frozenset(_first_step(route.path) for route in self._routes)
        self._pages = Starlette(
            routes=self._routes,
            middleware=[
                Middleware(RequestId, clock=clock),
                Middleware(
                    Measurement,
                    templates={route.endpoint: route.path for route in self._routes},
                    polled=(),
                ),
                Middleware(SecurityHeaders),
                Middleware(Defects, answer=broken_page),
            ],
            exception_handlers={ClientDisconnect: hung_up, HTTPException: self._no_page},
        )
        self._pages.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, or let the API answer."""
        app = self._pages if self._is_for_a_person(scope) else self._api
        await app(scope, receive, send)

    def _is_for_a_person(self, scope: Scope) -> bool:
        if scope["type"] != "http":
            return False
        place = _first_step(scope["path"])
        return place in self._places and (place == _PARTS or _wants_html(scope))

    async def _no_page(self, request: Request, error: Exception) -> Response:
        """Answer a path below ours that is none, or that has another method."""
        if not _wants_html(request.scope):
            return await unrouted(request, error)
        found = (each for each in self._routes if each.matches(request.scope)[0] is not Match.NONE)
        methods = sorted({method for route in found for method in route.methods or ()})
        return no_page(methods)

    def _all_routes(self) -> list[Route]:
        return [
            Route("/sign-in", self._show_sign_in, methods=["GET"]),
            Route("/sign-in", self._own(self._sign_in), methods=["POST"]),
            Route("/sign-out", self._own(self._sign_out), methods=["POST"]),
            *(Route(path, self._page(run), methods=[method]) for method, path, run in _PAGES),
            *(
                Route(f"/console/checks/{{id}}/{part}", self._streamed(part), methods=["GET"])
                for part in _STREAMED
            ),
            Route("/console/{file}", show_file, methods=["GET"]),
        ]

    def _page(self, run: Handler) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            api_key = session_of(request, self._sessions)
            if api_key is None:
                return to_sign_in(request)
            api = Api(app=self._api, request=request, api_key=api_key)
            try:
                async with until_hung_up(request.scope):
                    return await run(Visit(request=request, api=api))
            except Refused as refused:
                return refused_page(request, refused.answer)

        return self._own(endpoint)

    def _own(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint that refuses the forms of strangers, and those that it cannot read."""

        async def guarded(request: Request) -> Response:
            if request.method == "POST" and not is_own_form(request.headers):
                told = "This form was not sent from a page of the console, so nothing was done."
                return page_answer(message_page("Refused", told), 403)
            try:
                return await endpoint(request)
            except Unfit as unfit:
                return page_answer(message_page("Refused", str(unfit)), unfit.status)

        return guarded

    async def _show_sign_in(self, request: Request) -> Response:
        return page_answer(sign_in_page(own_path(request.query_params.get("next", "/"))))

    async def _sign_in(self, request: Request) -> Response:
        form = await form_in(request)
        api_key, going_to = form.get("api_key", "").strip(), own_path(form.get("next", "/"))
        if not api_key.isascii() or not api_key.isprintable():
            return page_answer(sign_in_page(going_to, "This is no API key."), UNAUTHORIZED)
        answer = await Api(app=self._api, request=request, api_key=api_key).ask("GET", "/v1/usage")
        if not answer.is_success:
            return page_answer(sign_in_page(going_to, answer.message), answer.status)
        is_secure = is_https(request.scope["scheme"], request.headers)
        cookie = session_cookie(self._sessions.sealed(api_key), is_secure=is_secure)
        return going_on(going_to, cookie=cookie)

    async def _sign_out(self, request: Request) -> Response:
        is_secure = is_https(request.scope["scheme"], request.headers)
        return going_on("/sign-in", cookie=session_cookie("", is_secure=is_secure))

    def _streamed(self, part: str) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            api_key = session_of(request, self._sessions)
            if api_key is None:
                return to_sign_in(request)
            api = Api(app=self._api, request=request, api_key=api_key)
            return _PassedOn(api, f"/v1/check/{request.path_params['id']}/{part}")

        return endpoint


class _PassedOn(Response):
    """What the API answers, as it comes."""

    def __init__(self, api: Api, path: str) -> None:
        super().__init__()
        self._passed_on = api
        self._to = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        await self._passed_on.pass_on(self._to, receive, send)


def _first_step(path: str) -> str:
    """Return what stands between the first slash of a path and the second."""
    return path.partition("/")[2].partition("/")[0]


def _wants_html(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])
