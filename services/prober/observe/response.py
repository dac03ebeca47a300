"""Parses one HTTP/1 response as its bytes arrive: no I/O, every size bounded.

A response ends exactly once, with one outcome code; whatever was read until then stays readable.
Line endings and the like are read as leniently as browsers do, framing is not.
"""

from typing import Final

import httptools

from outscope.limits import BANNER_BYTES
from services.prober.facts import OutcomeCode
from services.prober.observe.answer import Answer
from services.prober.observe.limits import (
    CHUNKS,
    HEADER_BYTES,
    HEADERS,
    INFORMATIONAL,
    RESPONSE_BYTES,
)
from services.prober.observe.memory import Allowance

_HTTP: Final = b"HTTP/"
_SWITCHING_PROTOCOLS: Final = 101
_FIRST_FINAL_STATUS: Final = 200


class ResponseReader(Answer):
    """One response; feed it until ended."""

    __slots__ = (
        "_chunks",
        "_header_bytes",
        "_informational",
        "_is_informational",
        "_parser",
        "_reason",
        "_start",
        "_trailers",
    )

    def __init__(self, allowance: Allowance | None = None) -> None:
        super().__init__(allowance)
        # None before the first byte, of which many a target never sends one; and once ended: parser
        # and reader refer to each other, and a body must not wait for the garbage collector to find
        # that out.
        self._parser: httptools.HttpResponseParser | None = None
        self._chunks = 0
        self._trailers = 0
        self._header_bytes = 0
        self._informational = 0
        self._is_informational = False
        self._reason = b""
        # The first bytes, enough to tell HTTP from anything else.
        self._start = b""

    @property
    def reason(self) -> str:
        """Return the reason phrase."""
        return self._reason.decode("latin-1")

    def feed(self, received: bytes) -> None:
        """Take the next bytes of the connection."""
        if self.code is not None:
            return
        if self._parser is None:
            self._parser = _lenient_parser(self)
        self.fed_bytes += len(received)
        if len(self._start) < len(_HTTP):
            self._start = (self._start + received[: len(_HTTP)])[: len(_HTTP)]
        try:
            self._parser.feed_data(received)
        except httptools.HttpParserUpgrade:
            self._end(OutcomeCode.OK)
        except httptools.HttpParserError:
            self._end_at_fault(received)
        self._hold_head(self._header_bytes)
        if not self.ended:
            self._check_sizes()
        if self.ended:
            self._parser = None

    def feed_eof(self) -> None:
        """Take the end of the connection, which may also be the end of the body."""
        if self.fed_bytes and not self._looks_http:
            self._end(OutcomeCode.HTTP_NOT_HTTP)
        elif self._body is not None and not self._is_framed:
            self._end(OutcomeCode.OK)
        else:
            self._end(OutcomeCode.HTTP_CLOSED)
        self._parser = None

    def cut(self, code: OutcomeCode) -> None:
        """End the response for a reason outside of it, such as a timeout or a reset."""
        super().cut(code)
        self._parser = None

    @property
    def _looks_http(self) -> bool:
        return self._start.lstrip(b"\r\n").startswith(_HTTP[: len(self._start)])

    @property
    def _is_framed(self) -> bool:
        return bool(self.header("content-length") or self.header("transfer-encoding"))

    def _end_at_fault(self, received: bytes) -> None:
        if self._looks_http:
            self._end(OutcomeCode.HTTP_MALFORMED)
        else:  # the parser stumbles over the very first byte
            self.heard = received[:BANNER_BYTES]
            self._end(OutcomeCode.HTTP_NOT_HTTP)

    def _check_sizes(self) -> None:
        if self._body is None:
            if self._header_bytes > HEADER_BYTES or self.fed_bytes > HEADER_BYTES:
                self._end(OutcomeCode.HTTP_TOO_LARGE)
        elif self.fed_bytes > RESPONSE_BYTES:
            self._cut_body()

    # What the parser calls; nothing in here may raise.

    def on_message_begin(self) -> None:
        """Forget an informational response before the one it announced."""
        if self._is_informational:
            self._is_informational = False
            self.headers.clear()
            self._reason = b""

    def on_status(self, reason: bytes) -> None:
        """Take a piece of the reason phrase; the status code is known by then."""
        if self._parser is not None and not self.ended:
            self.status = self._parser.get_status_code()
            self._reason = (self._reason + reason)[:HEADER_BYTES]

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header line; trailers come here too and are dropped."""
        if self.code is not None:
            return
        if self._body is not None:
            self._trailers += 1
            if self._trailers > HEADERS:
                self._end(OutcomeCode.OK)
            return
        self._header_bytes += len(name) + len(value)
        if len(self.headers) >= HEADERS or self._header_bytes > HEADER_BYTES:
            self._end(OutcomeCode.HTTP_TOO_LARGE)
            return
        # The parser heeds a Content-Length with a space before its colon, as browsers do.
        text = name.decode("latin-1").rstrip().lower()
        self.headers.append((text, value.decode("latin-1").strip()))

    def on_headers_complete(self) -> None:
        """Begin the body, or count the response as informational."""
        if self._parser is None or self.ended:
            return
        status = self.status = self._parser.get_status_code()
        self.http_version = self._parser.get_http_version()
        if status >= _FIRST_FINAL_STATUS or status == _SWITCHING_PROTOCOLS:
            self._begin_body()
            return
        self._is_informational = True
        self._informational += 1
        if self._informational > INFORMATIONAL:
            self._end(OutcomeCode.HTTP_TOO_LARGE)

    def on_chunk_header(self) -> None:
        """Count a chunk: each costs as much as many bytes of one large one."""
        self._chunks += 1
        if self._chunks > CHUNKS:
            self._cut_body()

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body, chunk framing removed; end where there is enough of it."""
        if self._body is None or self.ended:
            return
        self._body.feed(piece)
        if self._body.truncated:
            self._end(OutcomeCode.OK)

    def on_message_complete(self) -> None:
        """End with success, unless the response was informational."""
        if self._parser is None or self._is_informational or self.ended:
            return
        self.keep_alive = self._parser.should_keep_alive()
        self._end(OutcomeCode.OK)


def _lenient_parser(reader: ResponseReader) -> httptools.HttpResponseParser:
    parser = httptools.HttpResponseParser(reader)
    parser.set_dangerous_leniencies(
        lenient_headers=True,
        lenient_version=True,
        lenient_data_after_close=True,
        lenient_optional_lf_after_cr=True,
        lenient_optional_cr_before_lf=True,
        lenient_optional_crlf_after_chunk=True,
        lenient_spaces_after_chunk_size=True,
    )
    return parser
