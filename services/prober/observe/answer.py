"""What is read of one HTTP answer, in whatever version of the protocol it comes: no I/O.

Law: an answer ends exactly once, with one outcome code; what was read until then stays readable.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

from services.prober.facts import OutcomeCode
from services.prober.observe.content import BodyReader
from services.prober.observe.limits import HEADER_OVERHEAD_BYTES
from services.prober.observe.memory import Allowance

# Names in lower case, values as they are sent.
Fields = Sequence[tuple[str, str]]


class Answer(ABC):
    """One answer; feed it until ended."""

    __slots__ = (
        "_allowance",
        "_body",
        "_held_bytes",
        "code",
        "fed_bytes",
        "headers",
        "heard",
        "http_version",
        "keep_alive",
        "needs_http1",
        "status",
    )

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._allowance = allowance or Allowance()
        # Of memory, by its head.
        self._held_bytes = 0
        # None until the head has ended.
        self._body: BodyReader | None = None
        # None until the answer has ended.
        self.code: OutcomeCode | None = None
        # Of this answer; the first of them makes it begin.
        self.fed_bytes = 0
        # What the server said first, when that is not HTTP.
        self.heard = b""
        self.headers: list[tuple[str, str]] = []
        self.http_version = ""
        # The connection can carry another request; known once ended.
        self.keep_alive = False
        # The server answers in HTTP/1.1 only what it was asked in HTTP/2.
        self.needs_http1 = False
        # None until it was read.
        self.status: int | None = None

    @property
    def ended(self) -> bool:
        """Tell whether nothing more is expected."""
        return self.code is not None

    @property
    def spoke_http(self) -> bool:
        """Tell whether a status was read."""
        return self.status is not None

    @property
    def reason(self) -> str:
        """Return the reason phrase; empty where the version has none."""
        return ""

    @property
    def body(self) -> bytes:
        """Return the body as far as it was read and kept, decoded."""
        return b"" if self._body is None else self._body.body

    def taken_body(self) -> bytes:
        """Return the body, and keep it no more; only once ended."""
        return b"" if self._body is None else self._body.taken_body()

    @property
    def body_bytes(self) -> int:
        """Return how many bytes of body were read, before decoding."""
        return 0 if self._body is None else self._body.raw_bytes

    @property
    def truncated(self) -> bool:
        """Tell whether the body was longer than what is kept."""
        if self._body is None:
            return False
        return self._body.truncated or self.code is not OutcomeCode.OK

    def header(self, name: str) -> str:
        """Return the first value of a header by its lower-case name; empty when absent."""
        return next((value for key, value in self.headers if key == name), "")

    @abstractmethod
    def feed(self, received: bytes) -> None:
        """Take the next bytes of the connection."""

    @abstractmethod
    def feed_eof(self) -> None:
        """Take the end of the connection."""

    def cut(self, code: OutcomeCode) -> None:
        """End the answer for a reason outside of it, such as a timeout or a reset."""
        self._end(code)

    def _end(self, code: OutcomeCode) -> None:
        if self.code is None:
            self.code = code

    def _hold_head(self, text_bytes: int) -> None:
        """Count what the header fields read so far take, of so many bytes of text."""
        held_bytes = text_bytes + HEADER_OVERHEAD_BYTES * len(self.headers)
        if held_bytes > self._held_bytes:
            taken, self._held_bytes = held_bytes - self._held_bytes, held_bytes
            self._allowance.hold(taken)

    def _begin_body(self) -> None:
        self._body = BodyReader(self.header("content-encoding"), allowance=self._allowance)

    def _cut_body(self) -> None:
        """End an answer that has enough, with what was read of its body."""
        if self._body is not None and not self.ended:
            self._body.truncated = True
            self._end(OutcomeCode.OK)


class Session(Protocol):
    """A connection of which the version of HTTP itself takes care, by messages of its own."""

    @property
    def can_ask(self) -> bool:
        """Tell whether another request can be made on it; one at a time."""
        ...

    def ask(self, fields: Fields, allowance: Allowance | None) -> Answer:
        """Make a request, and return what is to become its answer."""
        ...

    def feed(self, received: bytes) -> None:
        """Take bytes that came while nothing was asked."""
        ...

    def outgoing(self) -> bytes:
        """Return the bytes that wait to be sent."""
        ...
