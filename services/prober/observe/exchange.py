"""One HTTP request and what came back: no I/O, told of time by its caller."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.observe.answer import Answer, Session
from services.prober.observe.content import charset_of, title_of
from services.prober.observe.memory import Allowance
from services.prober.observe.response import ResponseReader
from services.prober.observe.stopwatch import Stopwatch

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ACCEPT: Final = "text/html,application/json;q=0.9,*/*;q=0.8"
_ACCEPT_ENCODING: Final = "gzip, deflate"


def nothing_left() -> bool:
    """Return that a request may not be sent."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go: a scheme, the name asked for, a port."""

    scheme: str
    fqdn: str
    port: int

    @property
    def authority(self) -> str:
        """Return the Host header: the port only when it is not the scheme's own."""
        is_default = self.port == DEFAULT_PORTS[self.scheme]
        return self.fqdn if is_default else f"{self.fqdn}:{self.port}"

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        return f"{self.scheme}://{self.authority}{path}"


class Exchange:
    """One request for one path of an endpoint."""

    __slots__ = (
        *("_allowance", "_outcome", "address", "endpoint", "path"),
        *("reader", "stopwatch", "take"),
    )

    def __init__(
        self,
        endpoint: Endpoint,
        path: str,
        allowance: Allowance | None = None,
        *,
        take: Callable[[], bool] = lambda: True,
    ) -> None:
        self.endpoint = endpoint
        self.path = path
        self._allowance = allowance
        # Until it is asked over a session it may come in HTTP/1.
        self.reader: Answer = ResponseReader(allowance)
        self.stopwatch = Stopwatch()
        # Asked when it would be sent: False when the check may send no more.
        self.take = take
        # The address that is asked; empty until it took the connection.
        self.address = ""
        # Once it has ended and somebody asked; several do.
        self._outcome: Outcome | None = None

    def request(self, user_agent: str) -> bytes:
        """Return the bytes of the request in HTTP/1.1."""
        return (
            f"GET {self.path} HTTP/1.1\r\n"
            f"Host: {self.endpoint.authority}\r\n"
            f"User-Agent: {user_agent}\r\n"
            f"Accept: {_ACCEPT}\r\n"
            f"Accept-Encoding: {_ACCEPT_ENCODING}\r\n"
            "Connection: keep-alive\r\n\r\n"
        ).encode("ascii")

    def ask_over(self, session: Session, user_agent: str) -> None:
        """Make the same request over a session."""
        fields = (
            (":method", "GET"),
            (":scheme", self.endpoint.scheme),
            (":authority", self.endpoint.authority),
            (":path", self.path),
            ("user-agent", user_agent),
            ("accept", _ACCEPT),
            ("accept-encoding", _ACCEPT_ENCODING),
        )
        self.reader = session.ask(fields, self._allowance)

    def begin(self, now_s: float) -> None:
        """Note when the request was sent."""
        self.stopwatch.sent_s = now_s

    def receive(self, received: bytes, now_s: float) -> None:
        """Take the next bytes of the connection."""
        self.reader.feed(received)
        if self.stopwatch.first_byte_s is None and self.reader.fed_bytes:
            self.stopwatch.first_byte_s = now_s

    def end(self, now_s: float) -> None:
        """Note when the response had ended."""
        self.stopwatch.ended_s = now_s

    @property
    def outcome(self) -> Outcome:
        """Return how the exchange ended."""
        if self._outcome is not None:
            return self._outcome
        code = self.reader.code or OutcomeCode.HTTP_CLOSED
        sent_s, ended_s = self.stopwatch.sent_s, self.stopwatch.ended_s
        if sent_s is None or ended_s is None:
            return Outcome(code=code)
        self._outcome = Outcome(code=code, duration_ms=round((ended_s - sent_s) * 1000))
        return self._outcome

    def facts(self) -> PathFacts:
        """Return what came back, the body with it: to be asked once."""
        reader = self.reader
        first_values = dict(reversed(reader.headers))
        content_type = first_values.get("content-type") or None
        charset = charset_of(content_type)
        body = reader.taken_body()
        return PathFacts(
            path=self.path,
            outcome=self.outcome,
            url=self.endpoint.url(self.path),
            status=reader.status,
            reason=reader.reason,
            headers=tuple(reader.headers),
            content_type=content_type,
            charset=charset,
            body=body,
            body_sha256=hashlib.sha256(body).hexdigest() if body else "",
            body_bytes=reader.body_bytes,
            truncated=reader.truncated,
            title=title_of(body, content_type, charset),
            server=first_values.get("server", ""),
            location=first_values.get("location", ""),
            http_version=reader.http_version,
            timing=self.stopwatch.timing(),
            address=self.address,
        )
