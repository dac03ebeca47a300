"""One answer in HTTP/2, from what its frames carried: every size bounded, as in HTTP/1.1.

Header fields are read as leniently as browsers do: those of a connection, which have no place in
HTTP/2, are kept; what could not be a field in HTTP/1.1 either is a fault.
"""

import re
from collections.abc import Iterable
from typing import Final

from h2.errors import ErrorCodes

from services.prober.facts import OutcomeCode
from services.prober.observe.answer import Answer, Session
from services.prober.observe.limits import HEADER_BYTES, HEADERS, INFORMATIONAL
from services.prober.observe.memory import Allowance

# As HPACK counts a list of fields: 32 bytes more for each (RFC 7541, section 4.1).
FIELD_LIST_BYTES: Final = HEADER_BYTES + 32 * HEADERS
_STATUS: Final = re.compile(rb"[1-9][0-9]{2}")
# RFC 9113, section 8.2.1: a token in lower case; no line in a value.
_NAME: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9a-z]+")
_NO_VALUE: Final = re.compile(rb"[\x00\r\n]")
_PSEUDO: Final = b":"
_SWITCHING_PROTOCOLS: Final = 101
# Their Content-Length tells of a body that is not sent (RFC 9110, section 8.6).
_WITHOUT_BODY: Final = frozenset({204, 304})

# As they come out of HPACK.
RawFields = Iterable[tuple[bytes, bytes]]


class Http2Answer(Answer):
    """One answer, which its session tells of what came of it."""

    __slots__ = ("_informational", "_session", "is_cut_short")

    def __init__(self, session: Session, allowance: Allowance | None = None) -> None:
        super().__init__(allowance)
        self._session = session
        self._informational = 0
        # It ended before the server was done with it.
        self.is_cut_short = False

    def feed(self, received: bytes) -> None:
        """Take the next bytes of the connection."""
        self._session.feed(received)
        self.keep_alive = self.ended and self._session.can_ask

    def feed_eof(self) -> None:
        """Take the end of the connection, which never is that of an answer."""
        self._end(OutcomeCode.HTTP_CLOSED)

    # What the session tells.

    def take_informational(self, fields: RawFields) -> None:
        """Take an answer before the final one."""
        self._take_fields(fields)
        if self.status == _SWITCHING_PROTOCOLS:  # RFC 9113, section 8.6
            self._end(OutcomeCode.HTTP_MALFORMED)
        self._informational += 1
        if self._informational > INFORMATIONAL:
            self._end_early(OutcomeCode.HTTP_TOO_LARGE)

    def take_head(self, fields: RawFields) -> None:
        """Take the head of the final answer."""
        self._take_fields(fields)
        if not self.ended:
            self._begin_body()

    def take_piece(self, piece: bytes) -> None:
        """Take a piece of the body; end where there is enough of it."""
        if self._body is None:  # before its head
            self._end(OutcomeCode.HTTP_MALFORMED)
            return
        self._body.feed(piece)
        if self._body.truncated:
            self._end_early(OutcomeCode.OK)

    def complete(self) -> None:
        """Take the end of the answer."""
        told = self.header("content-length")
        is_short = told.isdecimal() and int(told) != self.body_bytes
        if self._body is None or (is_short and self.status not in _WITHOUT_BODY):
            self._end(OutcomeCode.HTTP_MALFORMED)
        self._end(OutcomeCode.OK)

    def take_reset(self, error_code: int) -> None:
        """Take that the server gives the answer up."""
        self.needs_http1 = error_code == ErrorCodes.HTTP_1_1_REQUIRED
        self._end(OutcomeCode.HTTP_RESET)

    def exceed(self) -> None:
        """Take that the server sent more than an answer may take."""
        self._cut_body()
        self._end(OutcomeCode.HTTP_TOO_LARGE)

    def _end_early(self, code: OutcomeCode) -> None:
        self.is_cut_short = not self.ended
        self._end(code)

    def _take_fields(self, fields: RawFields) -> None:
        """Take the status and the header fields of one head, in place of those before it."""
        self.headers.clear()
        self._read_fields(fields)
        self._hold_head(sum(len(name) + len(value) for name, value in self.headers))

    def _read_fields(self, fields: RawFields) -> None:
        self.http_version = "2"
        status: int | None = None
        size = 0
        for name, value in fields:
            if name.startswith(_PSEUDO):
                is_status = name == b":status" and _STATUS.fullmatch(value)
                if not is_status or status is not None or self.headers:
                    self._end(OutcomeCode.HTTP_MALFORMED)
                    return
                status = self.status = int(value)
                continue
            size += len(name) + len(value)
            if not self._is_sound(name, value, size):
                return
            self.headers.append((name.decode("ascii"), value.decode("latin-1").strip()))
        if status is None:
            self._end(OutcomeCode.HTTP_MALFORMED)

    def _is_sound(self, name: bytes, value: bytes, size: int) -> bool:
        """Tell whether a field can be kept; the answer ends with one that can not."""
        if not _NAME.fullmatch(name) or _NO_VALUE.search(value):
            self._end(OutcomeCode.HTTP_MALFORMED)
        elif len(self.headers) >= HEADERS or size > HEADER_BYTES:
            self._end_early(OutcomeCode.HTTP_TOO_LARGE)
        return not self.ended
