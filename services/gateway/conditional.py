"""Reads that are repeated: an entity tag with each answer, and 304 for who holds it already.

Source: RFC 9110, sections 8.8.3 (ETag) and 13.1.2 (If-None-Match).
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

IF_NONE_MATCH: Final = "If-None-Match"
VALIDATOR_HEADERS: Final[Mapping[str, str]] = {
    "ETag": "Another one whenever the answer is another; send it back in If-None-Match."
}
NOT_MODIFIED: Final = 304

_TAG_BYTES: Final = 16
_MEDIA_TYPE: Final = "application/json"
# Whoever has the key may keep an answer, and asks each time whether it still holds.
_KEPT: Final = "private, no-cache"
_ENTITY_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def validated_json(
    request: Request, content: object, headers: Mapping[str, str] | None = None
) -> Response:
    """Return content as JSON with its entity tag, or 304 when the request names that tag.

    The tag is strong: it is made of the bytes of the answer, so two that differ have two tags.
    """
    body = to_json(content)
    tag = entity_tag(body)
    told = {"ETag": tag, "Cache-Control": _KEPT, **(headers or {})}
    if holds(request.headers.getlist(IF_NONE_MATCH), tag):
        return Response(status_code=NOT_MODIFIED, headers=told)
    return Response(body, headers=told, media_type=_MEDIA_TYPE)


def entity_tag(body: bytes) -> str:
    """Return the strong entity tag of an answer, quotes included."""
    return f'"{hashlib.blake2b(body, digest_size=_TAG_BYTES).hexdigest()}"'


def holds(fields: Iterable[str], tag: str) -> bool:
    """Tell whether the values of If-None-Match name a tag, by weak comparison, or any at all."""
    return any(field.strip() == "*" or tag in _ENTITY_TAG.findall(field) for field in fields)
