"""Reads response bodies: keeps what is decoded within a bound, finds charset and title.

Whatever is fed, at most BODY_BYTES are kept and no more than that is ever decompressed at once.
"""

import codecs
import encodings
import html
import pkgutil
import re
from encodings.aliases import aliases
from functools import lru_cache
from typing import Final

from services.prober.observe.coding import Decoder
from services.prober.observe.limits import BODY_BYTES
from services.prober.observe.memory import Allowance

_TITLE_WINDOW_BYTES: Final = 16 * 1024
_TITLE_SOURCE_BYTES: Final = 2048
_TITLE_CHARS: Final = 256
_MARKUP_TYPES: Final = ("text/html", "application/xhtml+xml")
# Codecs of Python's that no document is written in, and UTF-7, which browsers refuse.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "undefined"}
)
# Asked of nothing else: Python remembers for ever every name it was asked for and did not know.
_CHARSETS: Final = frozenset(
    {*aliases, *(module.name for module in pkgutil.iter_modules(encodings.__path__))}
)
_CHARSET: Final = re.compile(
    r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE
)


class BodyReader:
    """Keeps the first bytes of a body as it arrives, decoded when we know its coding."""

    __slots__ = (
        "_allowance",
        "_decoder",
        "_kept",
        "_limit",
        "raw_bytes",
        "truncated",
    )

    def __init__(
        self,
        content_encoding: str = "",
        *,
        limit: int = BODY_BYTES,
        allowance: Allowance | None = None,
    ) -> None:
        # None once nothing more is kept.
        self._decoder: Decoder | None = Decoder(content_encoding)
        self._kept = bytearray()
        self._limit = limit
        self._allowance = allowance or Allowance()
        # Bytes fed, before decoding.
        self.raw_bytes = 0
        # There was more than what is kept.
        self.truncated = False

    @property
    def body(self) -> bytes:
        """Return what is kept, decoded."""
        return bytes(self._kept)

    def feed(self, raw: bytes) -> None:
        """Take the next bytes of the body; those after the limit are dropped."""
        self.raw_bytes += len(raw)
        if self._decoder is None:
            return
        room = self._limit - len(self._kept)
        decoded = self._decoder.decoded(raw, room + 1)
        self.truncated = self._decoder.is_broken
        if len(decoded) > room:
            self.truncated = True
            decoded = decoded[:room]
        self._allowance.take(len(decoded))
        self._kept += decoded
        if self.truncated:
            self._decoder = None

    def taken_body(self) -> bytes:
        """Return what is kept, and keep it no more: a check holds each body once."""
        body = self.body
        self._kept.clear()
        self._decoder = None
        return body


def charset_of(content_type: str | None) -> str:
    """Return the charset parameter of a content type in lower case; empty when it has none."""
    found = _CHARSET.search(content_type[:512]) if content_type else None
    return found[1].lower() if found else ""


def title_of(body: bytes, content_type: str | None, charset: str) -> str:
    """Return the text of the document's first <title>, one line of at most 256 characters."""
    if content_type is not None and not content_type.lstrip().lower().startswith(_MARKUP_TYPES):
        return ""
    window = body[:_TITLE_WINDOW_BYTES]
    lowered = window.lower()
    opened = lowered.find(b"<title")
    begin = lowered.find(b">", opened) + 1
    if opened < 0 or begin == 0:
        return ""
    end = lowered.find(b"</title", begin)
    source = window[begin : end if end >= 0 else begin][:_TITLE_SOURCE_BYTES]
    return " ".join(html.unescape(_text(source, charset)).split())[:_TITLE_CHARS].rstrip()


def _text(source: bytes, charset: str) -> str:
    try:
        return source.decode(_codec_of(charset), errors="replace")
    except (LookupError, ValueError):  # a codec of this system's or one that is no text coding
        return source.decode("utf-8", errors="replace")


@lru_cache(maxsize=64)
def _codec_of(charset: str) -> str:
    """Return the codec for a charset as servers name it; raises LookupError and ValueError."""
    name = encodings.normalize_encoding(charset).lower()
    codec = codecs.lookup(name if name in _CHARSETS else "utf-8").name
    return "utf-8" if codec in _NO_CHARSETS else codec
