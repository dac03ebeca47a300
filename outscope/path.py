"""Normalises a path as a caller wrote it to what stands in the request line.

What may not stand there is percent-encoded as UTF-8; what is encoded already stays as it is.
Law: normalised_path(normalised_path(x)) == normalised_path(x), unless encoding has made it longer
than a caller may write. Source: RFC 3986 section 3.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote

from outscope.errors import InvalidRequest
from outscope.limits import MAX_PATH_CHARS

# pchar, the slash, and what a query may have besides (RFC 3986 sections 3.3 and 3.4).
_KEPT: Final = "/?:@!$&'()*+,;=-._~%"
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLAIN: Final = re.compile(r"/[A-Za-z0-9/._~-]*", re.ASCII)


def normalised_path(text: str, *, field: str) -> str:
    """Return the path percent-encoded where needed, or raise InvalidRequest."""
    if len(text) > MAX_PATH_CHARS:
        raise InvalidRequest(
            f"The path is {len(text)} characters long, over the {MAX_PATH_CHARS} allowed",
            field=field,
            value=text,
        )
    if _PLAIN.fullmatch(text):
        return text
    fault = _fault_in(text)
    if fault is not None:
        raise InvalidRequest(fault, field=field, value=text)
    return quote(_LONE_PERCENT.sub("%25", text), safe=_KEPT)


def _fault_in(text: str) -> str | None:
    if not text.startswith("/"):
        return "A path begins with a slash, such as /api"
    if "#" in text:
        return "A fragment (#…) is never sent to a server; leave it out, or write %23"
    for letter in text:
        category = unicodedata.category(letter)
        if category == "Cc":
            return f"The path contains the control character U+{ord(letter):04X}"
        if category == "Cs":
            return "The path contains half a character (a lone surrogate)"
    return None
