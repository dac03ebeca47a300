"""What the demo site shows: a shop for people, a login, an API and its documentation."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of the site."""

    body: str
    content_type: str = HTML
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body>{body}</body></html>\n"
    )


_SHOP: Final = (
    "<h1>Demo Shop</h1><nav><a href='/login'>Sign in</a> <a href='/docs'>API</a></nav>"
    "<ul><li>Lantern, 24.00</li><li>Rope, 12.50</li><li>Compass, 31.90</li></ul>"
)
_LOGIN: Final = (
    "<h1>Sign in</h1><form method='post' action='/login'>"
    "<label>Email <input type='email' name='email' autocomplete='username'></label>"
    "<label>Password <input type='password' name='password' "
    "autocomplete='current-password'></label><button>Sign in</button></form>"
)
_DOCS: Final = (
    "<div id='swagger-ui'></div><script src='/docs/swagger-ui-bundle.js'></script>"
    "<script>window.ui = SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui'})</script>"
)
_OPENAPI: Final[dict[str, Any]] = {
    "openapi": "3.1.0",
    "info": {"title": "Demo Shop API", "version": "1.0.0"},
    "security": [{"bearer": []}],
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/api/orders": {
            "get": {
                "summary": "List your orders",
                "responses": {
                    "200": {"description": "Your orders"},
                    "401": {"description": "No or a wrong token"},
                },
            }
        }
    },
}
_UNAUTHORIZED: Final = {"error": {"code": "unauthorized", "message": "A bearer token is required"}}

PAGES: Final[Mapping[str, Page]] = {
    "/": Page(body=_document("Demo Shop", _SHOP)),
    "/login": Page(body=_document("Sign in - Demo Shop", _LOGIN)),
    "/docs": Page(body=_document("Demo Shop API", _DOCS)),
    "/openapi.json": Page(body=json.dumps(_OPENAPI), content_type=JSON),
    "/api/orders": Page(
        body=json.dumps(_UNAUTHORIZED),
        content_type=JSON,
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="demo"'},
    ),
}
_NOT_FOUND: Final = Page(body=_document("Not found", "<h1>Not found</h1>"), status=404)


def page_at(path: str) -> Page:
    """Return what the site shows at a path."""
    return PAGES.get(path, _NOT_FOUND)
