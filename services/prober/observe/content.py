"""Reads response bodies: decodes content codings with a bound, finds charset and title.

Whatever is fed, at most BODY_BYTES are kept and no more than that is ever decompressed at once.
"""

import codecs
import contextlib
import html
import re
import zlib
from typing import Final

from services.prober.observe.capacity import Allowance
from services.prober.observe.limits import BODY_BYTES

_GZIP: Final = 16 + zlib.MAX_WBITS
_ZLIB: Final = zlib.MAX_WBITS
_RAW_DEFLATE: Final = -zlib.MAX_WBITS
_WINDOW_BITS: Final = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}

# A coding shows within its header; what breaks later is broken.
_EARLY_BYTES: Final = 64

_TITLE_WINDOW_BYTES: Final = 16 * 1024
_TITLE_SOURCE_BYTES: Final = 2048
_TITLE_CHARS: Final = 256
_MARKUP_TYPES: Final = ("text/html", "application/xhtml+xml")
# Codecs of Python's that no document is written in, and UTF-7, which browsers refuse.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7", "undefined"}
)
_CHARSET: Final = re.compile(
    r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE
)


class BodyReader:
    """Keeps the first bytes of a body as it arrives, decoded when we know its coding."""

    __slots__ = (
        "_allowance",
        "_decoder",
        "_early",
        "_failed",
        "_is_deflate",
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
        window = _WINDOW_BITS.get(content_encoding.strip().lower())
        self._decoder = None if window is None else zlib.decompressobj(window)
        self._is_deflate = window == _ZLIB
        self._kept = bytearray()
        self._limit = limit
        self._allowance = allowance or Allowance()
        # What was fed before anything could be decoded: a second try begins with it.
        self._early = b""
        self._failed = False
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
        if self.truncated or self._failed:
            return
        room = self._limit - len(self._kept)
        decoded = raw if self._decoder is None else self._decoded(raw, room + 1)
        if len(decoded) > room:
            self.truncated = True
            decoded = decoded[:room]
        granted = self._allowance.take(len(decoded))
        if granted < len(decoded):
            self.truncated = True
            decoded = decoded[:granted]
        self._kept += decoded

    def taken_body(self) -> bytes:
        """Return what is kept, and keep it no more: a check holds each body once."""
        body = self.body
        self._kept.clear()
        self._decoder = None
        return body

    def _decoded(self, raw: bytes, max_length: int) -> bytes:
        assert self._decoder is not None  # noqa: S101 - only called with one; narrows the type
        try:
            decoded = self._decoder.decompress(raw, max_length)
        except zlib.error:
            if self._kept or len(self._early) > _EARLY_BYTES:
                self._failed = self.truncated = True
                return b""
            return self._decoded_otherwise(self._early + raw, max_length)
        if not decoded and not self._kept and len(self._early) <= _EARLY_BYTES:
            self._early += raw[: _EARLY_BYTES + 1]
        return decoded

    def _decoded_otherwise(self, raw: bytes, max_length: int) -> bytes:
        """Decode a body that is not what it says.

        Servers say deflate and send it without the zlib wrapper, or say gzip and send plain text.
        """
        if self._is_deflate:
            bare = zlib.decompressobj(_RAW_DEFLATE)
            with contextlib.suppress(zlib.error):
                decoded = bare.decompress(raw, max_length)
                self._decoder = bare
                return decoded
        self._decoder = None
        return raw


def charset_of(content_type: str | None) -> str:
    """Return the charset parameter of a content type in lower case; empty when it has none."""
    found = _CHARSET.search(content_type[:512]) if content_type else None
    return found[1].lower() if found else ""


def title_of(body: bytes, content_type: str | None, charset: str) -> str:
    """Return the text of the document's first <title>, at most 256 characters."""
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
    return " ".join(html.unescape(_text(source, charset)).split())[:_TITLE_CHARS]


def _text(source: bytes, charset: str) -> str:
    try:
        codec = codecs.lookup(charset or "utf-8").name
        return source.decode("utf-8" if codec in _NO_CHARSETS else codec, errors="replace")
    except (LookupError, ValueError):  # a charset we do not know, or one that is no text coding
        return source.decode("utf-8", errors="replace")
