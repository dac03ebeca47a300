"""GET /openapi.json, and /docs: an API page whose every file is served from here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from starlette.responses import Response

from outscope.errors import NotFound
from services.gateway.operation import Answer, Call, Operation

_TAG: Final = "Documentation"
_FOLDER: Final = Path(__file__).parent.parent / "assets"
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    "docs/index.html": "text/html",
    "docs/initializer.js": "text/javascript",
    "docs/page.css": "text/css",
    "swagger-ui/swagger-ui-bundle.js": "text/javascript",
    "swagger-ui/swagger-ui.css": "text/css",
}
_INDEX: Final = "docs/index.html"
_FILES: Final[Mapping[str, str]] = {
    name.partition("/")[2]: name for name in _MEDIA_TYPES if name != _INDEX
}
# Swagger UI sets style attributes, and draws its icons from data: URLs; scripts only from here.
_PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_CACHED: Final = "public, max-age=3600"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A file of the page."""

    content: bytes
    media_type: str
    etag: str


async def show_document(call: Call) -> Response:
    """Return the OpenAPI document."""
    return _cacheable(call, _asset_of(call.document, "application/json"))


async def show_page(call: Call) -> Response:
    """Return the API page."""
    response = _cacheable(call, _asset(_INDEX))
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response


async def show_asset(call: Call) -> Response:
    """Return a script or a style sheet of the API page."""
    name = _FILES.get(call.request.path_params["file"])
    if name is None:
        raise NotFound("There is no such file")
    return _cacheable(call, _asset(name))


@cache
def _asset(name: str) -> Asset:
    return _asset_of((_FOLDER / name).read_bytes(), _MEDIA_TYPES[name])


@cache
def _asset_of(content: bytes, media_type: str) -> Asset:
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(content=content, media_type=media_type, etag=etag)


def _cacheable(call: Call, asset: Asset) -> Response:
    headers = {"ETag": asset.etag, "Cache-Control": _CACHED}
    if call.request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.content, headers=headers, media_type=asset.media_type)


OPERATIONS: Final = (
    Operation(
        method="GET",
        path="/openapi.json",
        run=show_document,
        name="getOpenapi",
        tag=_TAG,
        summary="This document",
        answers={200: Answer(description="OpenAPI 3.1.", schema=dict[str, object])},
        needs_key=False,
    ),
    Operation(
        method="GET",
        path="/docs",
        run=show_page,
        name="getDocs",
        tag=_TAG,
        summary="This document as a page",
        answers={200: Answer(description="The page.", media_type="text/html")},
        needs_key=False,
    ),
    Operation(
        method="GET",
        path="/docs/{file}",
        run=show_asset,
        name="getDocsFile",
        tag=_TAG,
        summary="A file of the page",
        parameters={"file": "The name of the file."},
        answers={200: Answer(description="The file.", media_type="*/*")},
        refusals=(NotFound,),
        needs_key=False,
    ),
)
