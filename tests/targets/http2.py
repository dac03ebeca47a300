"""A small HTTP/2 server that answers by path, and the frames that hostile ones are made of."""

import asyncio
import ssl
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import Event, RequestReceived, StreamReset, WindowUpdated
from OpenSSL import SSL

from tests.targets.certificates import Issued
from tests.targets.hostile import Handler, tls_alert
from tests.targets.hostile_tls import Wire

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = (
    *(0x0, 0x1, 0x3, 0x4, 0x5, 0x6),
    *(0x7, 0x8, 0x9),
)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8


def frame(kind: int, payload: bytes = b"", *, flags: int = 0, stream: int = 0) -> bytes:
    """Return one frame, right or wrong."""
    return (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    )


def block(*fields: tuple[str, str], status: str = "200") -> bytes:
    """Return a block of header fields (RFC 7541); without a status when that is empty.

    The status is one of the static table's names, and 200 one of its fields; the rest is literal.
    """
    own = b"\x88" if status == "200" else b"\x08" + _literal(status) if status else b""
    return own + b"".join(b"\0" + _literal(name) + _literal(value) for name, value in fields)


def _literal(text: str) -> bytes:
    """Return a string with its length, an integer with a prefix of seven bits."""
    raw = text.encode("latin-1")
    if len(raw) < 127:
        return bytes([len(raw)]) + raw
    rest, length = len(raw) - 127, b"\x7f"
    while rest >= 128:
        length += bytes([rest % 128 + 128])
        rest //= 128
    return length + bytes([rest]) + raw


def head(
    *fields: tuple[str, str], status: str = "200", end: bool = False, stream: int = 1
) -> bytes:
    """Return a HEADERS frame with a whole block."""
    flags = END_HEADERS | (END_STREAM if end else 0)
    return frame(HEADERS, block(*fields, status=status), flags=flags, stream=stream)


def piece(body: bytes, *, end: bool = False, stream: int = 1) -> bytes:
    """Return a DATA frame."""
    return frame(DATA, body, flags=END_STREAM if end else 0, stream=stream)


def goaway(last_stream: int, code: ErrorCodes = ErrorCodes.NO_ERROR) -> bytes:
    """Return a GOAWAY frame."""
    return frame(GOAWAY, last_stream.to_bytes(4, "big") + int(code).to_bytes(4, "big"))


def rst_stream(code: ErrorCodes | int, stream: int = 1) -> bytes:
    """Return a RST_STREAM frame."""
    return frame(RST_STREAM, int(code).to_bytes(4, "big"), stream=stream)


SETTINGS_FRAME = frame(SETTINGS)


def unknown_settings(count: int, *, first: int = 16) -> bytes:
    """Return a SETTINGS frame of parameters that no standard has."""
    return frame(SETTINGS, b"".join(struct.pack("!HI", first + n, 7) for n in range(count)))


# 4000 fields of 4 KB each in 8 KB: one that is added to the table, and then named by its index.
HPACK_BOMB = b"\x88" + b"\x40\x01a\x7f\xa1\x1e" + b"v" * 4000 + b"\xbe" * 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What one path answers."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    # Instead of an answer.
    reset: ErrorCodes | None = None


NOT_FOUND = Page(status=404, body=b"not found", headers=(("content-type", "text/plain"),))


@dataclass
class Http2Server:
    """A connection handler: answers prepared pages by path, on as many streams as are opened."""

    pages: Mapping[str, Page]
    # After this many answers on one connection it says that it goes, and takes no more.
    goes_after: int | None = None
    connections: int = 0
    # The header fields of each request, in the order received.
    requests: list[dict[str, str]] = field(default_factory=list)
    # What was agreed on, by connection.
    agreed: list[str | None] = field(default_factory=list)
    resets: list[int] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request[":path"] for request in self.requests]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        secured = writer.get_extra_info("ssl_object")
        self.note(secured)
        conversation = Conversation(self)
        writer.write(conversation.outgoing())
        while received := await reader.read(65536):
            conversation.take(received)
            writer.write(conversation.outgoing())
            await writer.drain()

    def note(self, secured: ssl.SSLObject) -> None:
        self.connections += 1
        self.agreed.append(secured.selected_alpn_protocol())


class Conversation:
    """What a server says on one connection, without the connection."""

    def __init__(self, server: Http2Server) -> None:
        self._server = server
        self._connection = H2Connection(
            H2Configuration(
                client_side=False,
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self._connection.initiate_connection()
        self._left: dict[int, bytes] = {}
        self._answered = 0

    def outgoing(self) -> bytes:
        return self._connection.data_to_send()

    def take(self, received: bytes) -> None:
        """Take what the client sent; raises ConnectionError where that is not HTTP/2."""
        try:
            events = self._connection.receive_data(received)
        except Exception as error:
            raise ConnectionError from error
        # A stream may be given up in the same breath as its window is opened.
        for event in sorted(events, key=lambda event: not isinstance(event, StreamReset)):
            self._take(event)

    def _take(self, event: Event) -> None:
        match event:
            case RequestReceived():
                self._answer(event)
            case StreamReset():
                self._server.resets.append(event.stream_id)
                self._left.pop(event.stream_id, None)
            case WindowUpdated():
                for stream_id in tuple(self._left):
                    self._send(stream_id)

    def _answer(self, event: RequestReceived) -> None:
        request = {str(name): str(value) for name, value in event.headers}
        self._server.requests.append(request)
        self._answered += 1
        stream_id = event.stream_id
        page = self._server.pages.get(request[":path"], NOT_FOUND)
        if page.reset is not None:
            self._connection.reset_stream(stream_id, page.reset)
            return
        headers = [(":status", str(page.status)), *page.headers]
        self._connection.send_headers(stream_id, headers, end_stream=not page.body)
        self._left[stream_id] = page.body
        self._send(stream_id)
        if self._answered == self._server.goes_after:
            self._connection.close_connection(last_stream_id=stream_id)

    def _send(self, stream_id: int) -> None:
        while left := self._left.get(stream_id):
            room = min(self._connection.local_flow_control_window(stream_id), 16384)
            if room <= 0:
                return
            self._left[stream_id] = left[room:]
            self._connection.send_data(stream_id, left[:room], end_stream=len(left) <= room)


class _Replayed:
    """A reader of what was read before, and then of the rest."""

    def __init__(self, first: bytes, rest: asyncio.StreamReader) -> None:
        self._first = first
        self._rest = rest

    async def read(self, size: int) -> bytes:
        first, self._first = self._first, b""
        return first or await self._rest.read(size)


def refusal(_hello: bytes) -> bytes:
    """Return the alert no_application_protocol (RFC 7301, section 3.2)."""
    return tls_alert(120)


def unoffered(issued: Issued) -> Callable[[bytes], bytes]:
    """Return what answers a ClientHello with HTTP/2, whatever it offers."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)  # where it selects in its first flight
    context.use_certificate(issued.certificate)
    context.use_privatekey(issued.key)
    context.set_alpn_select_callback(lambda _connection, _offered: b"h2")

    def flight(hello: bytes) -> bytes:
        connection = SSL.Connection(context, None)
        connection.set_accept_state()
        connection.bio_write(hello)
        with suppress(SSL.WantReadError):
            connection.do_handshake()
        return connection.bio_read(65536)

    return flight


def insists_on_http2(
    context: ssl.SSLContext, server: Http2Server, answer: Callable[[bytes], bytes] = refusal
) -> Handler:
    """Return a server that answers a ClientHello without an offer of HTTP/2 so, and goes."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hello = await reader.read(65536)
        if b"\x02h2" not in hello:
            writer.write(answer(hello))
            return
        wire = Wire(context, _Replayed(hello, reader), writer)
        writer.write(await wire.flight())
        received = await wire.request()
        server.note(wire.tls)
        conversation = Conversation(server)
        while received:
            conversation.take(received)
            writer.write(wire.encrypted(conversation.outgoing()))
            await writer.drain()
            with suppress(ssl.SSLZeroReturnError):
                received = await wire.more()

    return handler


def pages(paths: Iterable[str]) -> dict[str, Page]:
    """Return a page for each path that says which it is."""
    return {
        path: Page(body=path.encode(), headers=(("content-type", "text/html"),)) for path in paths
    }
