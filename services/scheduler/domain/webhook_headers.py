"""Which headers of its own a webhook may have, and how they are stored.

Law: none of them changes how a delivery is framed, routed or verified, and none can end its line.
Source: RFC 9110, sections 5.6.2 (names), 5.5 (values) and 7.6.1 (hop by hop).
"""

import json
import re
from collections.abc import Mapping
from typing import Final

from outscope.errors import InvalidRequest

MAX_HEADERS: Final = 20
MAX_NAME_CHARS: Final = 64
MAX_VALUE_CHARS: Final = 2048
# Of all names and values: receivers take 8 KiB of headers, ours included.
MAX_HEADERS_CHARS: Final = 4096

_FIELD: Final = "headers"
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")
_RESERVED: Final = frozenset(
    {
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-encoding", "content-length", "content-type", "expect", "host", "user-agent"),
    }
)
_RESERVED_PREFIXES: Final = ("webhook-", "proxy-")


def checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers as they will be sent, by name, or raise InvalidRequest.

    What is refused is named; a value is never shown.
    """
    if len(headers) > MAX_HEADERS:
        raise InvalidRequest(
            f"There are {len(headers)} headers; at most {MAX_HEADERS} can be sent along",
            field=_FIELD,
            value=len(headers),
        )
    sent: dict[str, str] = {}
    for name, value in headers.items():
        fault = _fault_of_name(name) or _fault_of_value(value)
        if fault is None and name.lower() in map(str.lower, sent):
            fault = "This header is named twice, apart from the case of its letters"
        if fault is not None:
            raise InvalidRequest(fault, field=f"{_FIELD}.{name[:MAX_NAME_CHARS]}", value=None)
        sent[name] = value.strip(" \t")
    size = sum(len(name) + len(value) for name, value in sent.items())
    if size > MAX_HEADERS_CHARS:
        raise InvalidRequest(
            f"Names and values have {size} characters, over the {MAX_HEADERS_CHARS} allowed",
            field=_FIELD,
            value=size,
        )
    return sent


def headers_text(headers: Mapping[str, str]) -> str:
    """Return headers as they are stored, before they are sealed."""
    return json.dumps(dict(headers), separators=(",", ":"))


def headers_in(text: str) -> dict[str, str]:
    """Return the headers that a stored text has, opened."""
    headers: dict[str, str] = json.loads(text)
    return headers


def _fault_of_name(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return "This is not the name of a header; expected one such as X-Api-Key"
    if len(name) > MAX_NAME_CHARS:
        return f"The name is {len(name)} characters long, over the {MAX_NAME_CHARS} allowed"
    # Receivers that speak CGI or WSGI cannot tell _ from -.
    read = name.lower().replace("_", "-")
    if read in _RESERVED or read.startswith(_RESERVED_PREFIXES):
        return "This header is set by the delivery itself; choose another name"
    return None


def _fault_of_value(value: str) -> str | None:
    if len(value) > MAX_VALUE_CHARS:
        return f"The value is {len(value)} characters long, over the {MAX_VALUE_CHARS} allowed"
    if not _VALUE.fullmatch(value.strip(" \t")):
        return "The value is empty, or has a character that is not printable ASCII"
    return None
