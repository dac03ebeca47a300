"""Reads the body of a request: JSON by its media type, at most 1 MiB, within a time.

Law: never more is held in memory than the limit and one piece from the socket.
"""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

from outscope.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType
from outscope.limits import MAX_REQUEST_BYTES
from services.gateway.strict_json import parsed_json

_MEDIA_TYPE: Final = "application/json"
_UTF_8: Final = frozenset({"utf-8", "utf8"})
_PATIENCE_S: Final = 30.0


async def json_body(request: Request) -> object:
    """Return what the body says, or refuse its media type, its size or its syntax."""
    _require_json(request.headers.get("content-type"))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("A compressed request body is not accepted")
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_REQUEST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return parsed_json(await _bounded_body(request))
    except TimeoutError as error:
        raise InvalidRequest(
            f"The request body did not arrive within {_PATIENCE_S:.0f} seconds"
        ) from error


async def json_body_if_any(request: Request) -> object:
    """Return the same; an empty object where no body was sent, which needs no media type."""
    if _announces_none(request):
        return {}
    return await json_body(request)


def _announces_none(request: Request) -> bool:
    """Tell that there is no body by the rules of RFC 9112, section 6.3."""
    headers = request.headers
    return "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"


async def _bounded_body(request: Request) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece: bytes = message.get("body", b"")
        size += len(piece)
        if size > MAX_REQUEST_BYTES:
            raise _too_large()
        pieces.append(piece)
        if not message.get("more_body", False):
            return b"".join(pieces) if len(pieces) > 1 else piece


def _require_json(content_type: str | None) -> None:
    """Accept application/json, with no charset or with UTF-8."""
    if content_type == _MEDIA_TYPE:
        return
    media_type, *parameters = (part.strip().lower() for part in (content_type or "").split(";"))
    if media_type != _MEDIA_TYPE:
        sent = f"not {media_type[:128]}" if media_type else "and there is no Content-Type"
        raise UnsupportedMediaType(f"The request body must be {_MEDIA_TYPE}, {sent}")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "charset" and value.strip('"') not in _UTF_8:
            raise UnsupportedMediaType("The request body must be UTF-8, the only charset of JSON")


def _too_large() -> PayloadTooLarge:
    return PayloadTooLarge(
        f"The request body is over {MAX_REQUEST_BYTES} bytes", limit_bytes=MAX_REQUEST_BYTES
    )
