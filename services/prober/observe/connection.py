"""One TCP connection to a target: TLS when asked for, then HTTP exchanges one after another.

Law: at any time at most one thing is awaited of the server (the handshake or one exchange), it has
one timer, and it ends exactly once: by success, by its timer, or by the connection's end. The
handshake flows into the first exchange without waking its caller in between, unless the server says
nothing at all: that is news of its own.
"""

import asyncio
from collections.abc import Callable
from typing import cast

from outscope.limits import BANNER_BYTES
from services.prober.facts import Outcome, OutcomeCode
from services.prober.observe.answer import Session
from services.prober.observe.capacity import Place
from services.prober.observe.exchange import Exchange
from services.prober.observe.limits import Limits
from services.prober.observe.session import TlsFailed, TlsSession


class Connection(asyncio.Protocol):
    """Begins its first exchange by itself as soon as it is connected."""

    __slots__ = (
        "_connected_s",
        "_deadline",
        "_exchange",
        "_is_closed",
        "_limits",
        "_loop",
        "_news",
        "_session",
        "_timer",
        "_transport",
        "_user_agent",
        "address",
        "first",
        "heard",
        "is_settled",
        "place",
        "tls",
        "tls_outcome",
    )

    def __init__(
        self,
        first: Exchange,
        tls: TlsSession | None,
        *,
        user_agent: str,
        limits: Limits,
        deadline: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Future[None] = self._loop.create_future()
        # Nothing is awaited of the server.
        self.is_settled = False
        self.first = first
        # What the server said to a handshake, when that is not TLS.
        self.heard = b""
        # The one that was dialled.
        self.address = ""
        self._exchange: Exchange | None = first
        self._user_agent = user_agent
        self._limits = limits
        # Of the loop's clock; no stage lasts beyond it.
        self._deadline = deadline
        # None unless HTTP/2 is spoken.
        self._session: Session | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None
        self._connected_s = 0.0
        self._is_closed = False
        # Given back when the connection is gone.
        self.place: Place | None = None
        # None without TLS, and once a handshake has failed that never met with a word of TLS.
        self.tls = tls
        # None while the handshake goes on, and without TLS.
        self.tls_outcome: Outcome | None = None

    def note_dialled(self, address: str, at_s: float) -> None:
        """Note which address was dialled, and since when the connection was waited for."""
        self.address = address
        self.first.address = address
        self.first.stopwatch.dialled_s = at_s

    async def settled(self) -> None:
        """Wait until the handshake has failed or the exchange has ended."""
        await self._news
        while not self.is_settled:  # it was silence that was told
            await self._news

    async def settled_or_silent(self) -> None:
        """Wait until settled, or until a ClientHello has met with silence for a while."""
        await self._news

    async def carry(self, exchange: Exchange) -> None:
        """Carry out one more exchange; only while is_reusable."""
        self._news = self._loop.create_future()
        self.is_settled = False
        self._exchange = exchange
        exchange.address = self.address
        self._begin_exchange()
        await self._news

    @property
    def is_reusable(self) -> bool:
        """Tell whether another exchange can be carried out on this connection."""
        return self._exchange is None and not self._is_closed

    def close(self) -> None:
        """Let go of the connection at once; whatever is awaited has ended by then."""
        self._is_closed = True
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the handshake, or without TLS the first exchange."""
        self._transport = cast("asyncio.Transport", transport)  # TCP gives no other kind
        self._connected_s = self._loop.time()
        self.first.stopwatch.connected_s = self._connected_s
        try:
            self._begin()
        except Exception as error:  # noqa: BLE001 - a defect of ours; told to whoever waits
            self._break(error)

    def data_received(self, data: bytes) -> None:
        """Take what the server sent."""
        if self._is_closed:
            return
        try:
            if self.tls is None:
                self._receive(data)
            else:
                self._receive_encrypted(self.tls, data)
        except TlsFailed as failure:
            if failure.code is OutcomeCode.TLS_NOT_TLS:
                self.heard = data[:BANNER_BYTES]
            self._fail_tls(failure.code)
        except Exception as error:  # noqa: BLE001 - as above; it must not look like the target's
            self._break(error)

    def eof_received(self) -> None:
        """Take the end of what the server sends."""
        self._end_of_stream()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        if self.place is not None:
            self.place.give_back()
        if self._is_closed:
            return
        if exc is None:
            self._end_of_stream()
        elif self._is_shaking_hands:
            self._fail_tls(OutcomeCode.TLS_RESET)
        else:
            self._cut(OutcomeCode.HTTP_RESET)

    # What follows from it.

    @property
    def _is_shaking_hands(self) -> bool:
        return self.tls is not None and self.tls_outcome is None

    def _begin(self) -> None:
        if self.tls is None:
            self._begin_exchange()
        else:
            self._write(self.tls.client_hello())
            self._start_timer(self._limits.tls_silence_s, self._end_of_patience)

    def _receive_encrypted(self, tls: TlsSession, received: bytes) -> None:
        tls.feed(received)
        if not tls.is_established:
            self._write(tls.outgoing())
            return
        if self.tls_outcome is None:
            self._note_tls(OutcomeCode.OK)
            self._session = _session_over(tls)
            self._begin_exchange()
        while not self._is_closed:
            plain = tls.decrypted()
            if plain is None:
                self._end_of_stream()
                return
            if not plain:
                return
            self._receive(plain)

    def _receive(self, received: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            self._receive_unasked(received)
            return
        exchange.receive(received, self._loop.time())
        if self._session is not None:
            self._write_encrypted(self._session.outgoing())
        if exchange.reader.ended:
            self._settle_exchange(exchange, stays_open=exchange.reader.keep_alive)

    def _receive_unasked(self, received: bytes) -> None:
        """Take what nobody asked for: in HTTP/1 what follows could not be told apart any more."""
        session = self._session
        if session is None:
            self.close()
            return
        session.feed(received)
        self._write_encrypted(session.outgoing())
        if not session.can_ask:
            self.close()

    def _begin_exchange(self) -> None:
        exchange = self._exchange
        assert exchange is not None  # noqa: S101 - set by whoever calls; narrows the type
        self._start_timer(self._limits.http_timeout_s)
        exchange.begin(self._loop.time())
        if self._session is None:
            self._write_encrypted(exchange.request(self._user_agent))
            return
        exchange.ask_over(self._session, self._user_agent)
        self._write_encrypted(self._session.outgoing())
        if exchange.reader.ended:  # the server takes no more requests
            self._settle_exchange(exchange, stays_open=False)

    def _settle_exchange(self, exchange: Exchange, *, stays_open: bool) -> None:
        exchange.end(self._loop.time())
        self._exchange = None
        self._stop_timer()
        if not stays_open:
            self.close()
        self._settle()

    def _fail_tls(self, code: OutcomeCode) -> None:
        """End the TLS stage; when its exchange had begun, that ends with the same code."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.reader.cut(code)
            exchange.end(self._loop.time())
            if not exchange.reader.spoke_http:
                self._note_tls(code)
        if self.tls is not None and not self.tls.peer_spoke_tls:
            # Nothing can be read of it, and until the check ends it would hold 50 KB.
            self.tls = None
        self.close()
        self._settle()

    def _note_tls(self, code: OutcomeCode) -> None:
        if self.tls_outcome is None:
            self.first.stopwatch.secured_s = ended_s = self._loop.time()
            duration_ms = round((ended_s - self._connected_s) * 1000)
            self.tls_outcome = Outcome(code=code, duration_ms=duration_ms)
        elif code is not OutcomeCode.OK:  # refused after what looked like a finished handshake
            self.tls_outcome = Outcome(code=code, duration_ms=self.tls_outcome.duration_ms)

    def _end_of_stream(self) -> None:
        if self._is_closed:
            return
        if self._is_shaking_hands:
            self._fail_tls(OutcomeCode.TLS_CLOSED)
            return
        exchange = self._exchange
        if exchange is None:
            self.close()
            return
        exchange.reader.feed_eof()
        self._settle_exchange(exchange, stays_open=False)

    def _cut(self, code: OutcomeCode) -> None:
        exchange = self._exchange
        if exchange is not None:
            exchange.reader.cut(code)
            self._settle_exchange(exchange, stays_open=False)

    def _time_out(self) -> None:
        if self._is_shaking_hands:
            self._fail_tls(OutcomeCode.TLS_TIMEOUT)
        else:
            self._cut(OutcomeCode.HTTP_TIMEOUT)

    def _write_encrypted(self, plain: bytes) -> None:
        if plain:
            self._write(plain if self.tls is None else self.tls.encrypted(plain))

    def _write(self, outgoing: bytes) -> None:
        if outgoing and self._transport is not None and not self._is_closed:
            self._transport.write(outgoing)

    def _end_of_patience(self) -> None:
        """Give the handshake the rest of its time, and tell when nothing came so far."""
        left_s = self._connected_s + self._limits.tls_timeout_s - self._loop.time()
        self._start_timer(left_s)
        if self.tls is not None and not self.tls.peer_spoke_tls and not self._news.done():
            silence, self._news = self._news, self._loop.create_future()
            silence.set_result(None)

    def _start_timer(self, timeout_s: float, then: Callable[[], None] | None = None) -> None:
        self._stop_timer()
        ends_at = min(self._loop.time() + timeout_s, self._deadline)
        self._timer = self._loop.call_at(ends_at, then or self._time_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _break(self, error: Exception) -> None:
        self.close()
        self.is_settled = True
        if not self._news.done():
            self._news.set_exception(error)

    def _settle(self) -> None:
        self.is_settled = True
        if not self._news.done():
            self._news.set_result(None)


def _session_over(tls: TlsSession) -> Session | None:
    """Return a session where HTTP/2 was agreed on; most checks never need what that takes."""
    if not tls.speaks_http2:
        return None
    from services.prober.observe.http2 import Http2Session  # noqa: PLC0415 - a tenth of a second

    return Http2Session()
