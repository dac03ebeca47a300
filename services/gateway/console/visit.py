"""One visit to a page: who has signed in, what the API says, and what goes wrong on the way."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from outscope.errors import NotFound, PayloadTooLarge, UnsupportedMediaType
from outscope.ids import CHECK_PREFIX, is_id
from outscope.telemetry.logs import bind
from services.gateway.console.answers import going_on, page_answer
from services.gateway.console.api import Api, ApiAnswer, Json
from services.gateway.console.origin import is_https
from services.gateway.console.pages.layout import link, message_page
from services.gateway.console.pages.sign_in import sign_in_page
from services.gateway.console.session import Sessions, cookie_name, session_cookie
from services.gateway.middleware.request_id import request_id_of
from services.gateway.translate.problem import internal_error_body

UNAUTHORIZED: Final = 401
_UNAVAILABLE: Final = 503
_SEEING: Final = frozenset({"GET", "HEAD"})
_MAX_FORM_BYTES: Final = 64 * 1024
_PATIENCE_S: Final = 30.0
_NO_SUCH_CHECK: Final = ApiAnswer(
    status=NotFound.http_status,
    body={"error": {"code": NotFound.code, "message": "There is no such check in this account"}},
)


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The API refused what a page needs; has its answer."""

    def __init__(self, answer: ApiAnswer) -> None:
        super().__init__(answer.code)
        self.answer = answer


class Unfit(Exception):  # noqa: N818 - an answer, not an error of ours
    """A form that cannot be read; the message says why, the status what of it."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request by somebody who has signed in."""

    request: Request
    api: Api

    @property
    def base_url(self) -> str:
        """Where the API is, as the browser came to it."""
        return base_url_of(self.request)

    def path_parameter(self, name: str) -> str:
        """Return what a path names, as it may stand in another one."""
        return str(self.request.path_params[name])

    def check_id(self) -> str:
        """Return the check that a path names, as it may stand in another one."""
        check_id = self.path_parameter("id")
        if is_id(CHECK_PREFIX, check_id):
            bind(check_id=check_id)
        return check_id

    async def check(self, check_id: str) -> Json:
        """Return a check by what a query or a path names; raise Refused."""
        # Of anything else the API would answer what is beside a check, such as its events.
        if not is_id(CHECK_PREFIX, check_id):
            raise Refused(_NO_SUCH_CHECK)
        return await self.asked(f"/v1/check/{check_id}")

    async def asked(
        self, path: str, query: Mapping[str, str] | None = None, *, method: str = "GET"
    ) -> Json:
        """Return what the API answers; raise Refused."""
        told = urlencode({name: value for name, value in (query or {}).items() if value})
        answer = await self.api.ask(method, path, query=told)
        if not answer.is_success:
            raise Refused(answer)
        return answer.body


def base_url_of(request: Request) -> str:
    """Return scheme and host as the browser wrote them."""
    scheme = "https" if _is_secure(request) else "http"
    return f"{scheme}://{request.headers.get('host', '')}"


def session_of(request: Request, sessions: Sessions) -> str | None:
    """Return the API key of who has signed in."""
    sealed = request.cookies.get(cookie_name(is_secure=_is_secure(request)), "")
    return sessions.opened(sealed) if sealed else None


def to_sign_in(request: Request) -> Response:
    """Return the way to the page to sign in at, and from there back."""
    if request.method not in _SEEING:
        return page_answer(sign_in_page("/", "Sign in again; what you sent was not done."), 401)
    return going_on(f"/sign-in?{urlencode({'next': _here(request)})}")


def refused_page(request: Request, answer: ApiAnswer) -> Response:
    """Return the page of a refusal; a key that is not valid any more ends the session."""
    if answer.status == UNAUTHORIZED:
        ended = session_cookie("", is_secure=_is_secure(request))
        here = _here(request) if request.method in _SEEING else "/"
        problem = f"The key you signed in with is not valid any more. {answer.message}"
        return page_answer(sign_in_page(here, problem), UNAUTHORIZED, cookie=ended)
    words = {404: "Not found", _UNAVAILABLE: "Not available now"}.get(answer.status, "Refused")
    told = f"{answer.message} ({answer.code}; request {request_id_of(request.scope)}) "
    may_pass = answer.status == _UNAVAILABLE and request.method in _SEEING
    again = link(_here(request), "Try again") if may_pass else None
    return page_answer(message_page(words, told, again), answer.status)


def no_page(methods: Sequence[str]) -> Response:
    """Return the page of an address without one; methods are those that it takes all the same."""
    if not methods:
        return page_answer(message_page("Not found", "There is no such page."), 404)
    told = "Nothing is shown at this address; it only takes what a button sends."
    answer = page_answer(message_page("Nothing to see here", told), 405)
    answer.headers["Allow"] = ", ".join(methods)
    return answer


def broken_page(request_id: str) -> Response:
    """Return the page of a defect of ours."""
    told = internal_error_body(request_id)["error"]["message"]
    return page_answer(message_page("Something went wrong", f"{told}: {request_id}"), 500)


def _is_secure(request: Request) -> bool:
    return is_https(request.scope["scheme"], request.headers)


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def form_in(request: Request) -> dict[str, str]:
    """Return the fields of a form, the last of each name; raise Unfit."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/x-www-form-urlencoded":
        raise Unfit("This is not sent as forms are", UnsupportedMediaType.http_status)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            content = await _bounded_content(request)
        return dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=64))
    except TimeoutError as error:
        raise Unfit(f"The form did not arrive within {_PATIENCE_S:.0f} seconds") from error
    except ValueError as error:
        raise Unfit("The form cannot be read") from error


async def _bounded_content(request: Request) -> bytes:
    pieces, size = [], 0
    while True:
        message: Mapping[str, Any] = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > _MAX_FORM_BYTES:
            told = f"The form is over {_MAX_FORM_BYTES} bytes"
            raise Unfit(told, PayloadTooLarge.http_status)
        if not message.get("more_body", False):
            return b"".join(pieces)
