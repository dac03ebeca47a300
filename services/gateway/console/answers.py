"""The answers of the console: pages and files, each with a policy under which nothing else runs.

Law: a page loads and sends nothing but to its own origin, no script or style stands in a page, and
no page is kept by anybody.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from outscope.errors import NotFound
from services.gateway.refusals import refusal_response

_FOLDER: Final = Path(__file__).parent.parent / "assets" / "console"
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "theme.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    # With none at all browsers do not tell where a form comes from.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def page_answer(html: str, status: int = 200, *, cookie: str = "") -> Response:
    """Return a page; with a cookie to be set."""
    return _with_cookie(Response(html, status, _HEADERS, media_type="text/html"), cookie)


def going_on(to: str, *, cookie: str = "") -> Response:
    """Return the way to another page of ours, which is asked for with GET."""
    return _with_cookie(
        Response(status_code=303, headers={**_HEADERS, "Location": quote(to, safe="/?&=%#:_-.~+")}),
        cookie,
    )


async def show_file(request: Request) -> Response:
    """Return a script, a style sheet or the icon."""
    name = request.path_params["file"]
    if name not in _MEDIA_TYPES:
        return refusal_response(NotFound("There is no such file"), request)
    content, etag = _file(name)
    headers = {**_HEADERS, "ETag": etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[name])


@cache
def _file(name: str) -> tuple[bytes, str]:
    content = (_FOLDER / name).read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _with_cookie(response: Response, cookie: str) -> Response:
    if cookie:
        response.headers.append("Set-Cookie", cookie)
    return response
