"""One TCP connection to a target: TLS when asked for, then HTTP exchanges one after another.

Law: at any time at most one thing is awaited of the server (the handshake or one exchange), it has
one timer, and it ends exactly once: by success, by its timer, or by the connection's end. The
handshake flows into the first exchange without waking its caller in between, unless the server says
nothing at all: that is news of its own. While its check waits for memory nothing is read.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final

from outscope.limits import BANNER_BYTES
from services.prober.facts import Outcome, OutcomeCode
from services.prober.observe.answer import Session
from services.prober.observe.exchange import Exchange
from services.prober.observe.gated import GatedConnection
from services.prober.observe.limits import HANDSHAKE_COST, HTTP2_BYTES, RECORD_BYTES, Limits
from services.prober.observe.memory import BEARABLE_WAIT_S, Allowance
from services.prober.observe.seats import Seat
from services.prober.observe.session import TlsFailed, TlsSession, begins_tls

# What a server may wait for our first word, in seconds, and not hang up for that.
_PROMPT_S: Final = 0.1


class Connection(GatedConnection):
    """Begins its first exchange by itself as soon as it is connected."""

    __slots__ = (
        *("_exchange", "_first_word_late_s", "_held_bytes", "_hello_s", "_limits", "_loop"),
        *("_new_session", "_news", "_seat", "_session", "_user_agent", "_waited_before_s"),
        *("address", "first", "heard", "hung_up_on_wait", "is_settled", "note_end"),
        *("spoke_too_late", "tls", "tls_outcome"),
    )

    def __init__(
        self,
        first: Exchange,
        new_session: Callable[[], TlsSession] | None,
        *,
        user_agent: str,
        limits: Limits,
        deadline: float,
        seat: Seat | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        super().__init__(allowance or Allowance(), deadline)
        self._loop = asyncio.get_running_loop()
        self._news: asyncio.Future[None] = self._loop.create_future()
        # Nothing is awaited of the server.
        self.is_settled = False
        self.first = first
        # What the server said to a handshake, when that is not TLS.
        self.heard = b""
        self.address = ""  # the one that was dialled
        self._exchange: Exchange | None = first
        self._user_agent, self._limits = user_agent, limits
        # None unless HTTP/2 is spoken.
        self._session: Session | None = None
        self._hello_s = 0.0  # when the handshake began
        self._first_word_late_s = math.inf  # how long the server waited for it
        self._waited_before_s = 0.0  # for memory, before what is awaited was begun
        # None without TLS; a session is made when there is a seat for it.
        self._new_session = new_session
        self._seat = seat or Seat(())
        self._held_bytes = 0  # of memory, until it is closed
        self.note_end: Callable[[Connection], None] | None = None  # told once it is closed
        # In TLS, when the session that waited for it was another's.
        self.spoke_too_late = False
        # The server did, when what we say first waited, or had waited, for a session or memory.
        self.hung_up_on_wait = False
        # None without TLS, before the handshake, and once it has failed without a word of TLS.
        self.tls: TlsSession | None = None
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
    def is_encrypted(self) -> bool:
        """Tell whether it is one over TLS, established or not."""
        return self._new_session is not None

    @property
    def is_reusable(self) -> bool:
        """Tell whether another exchange can be carried out on this connection."""
        return self._exchange is None and not self._is_closed

    def close(self) -> None:
        """Let go of the connection at once; whatever is awaited has ended by then."""
        super().close()
        if self.tls is not None:
            self.tls.close()
        self._seat.give_back()
        self._allowance.release(self._held_bytes)
        self._held_bytes = 0
        if self.note_end is not None:
            self.note_end(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note when it was, and begin."""
        self.first.stopwatch.connected_s = self._loop.time()
        super().connection_made(transport)

    # What follows from what came.

    def _take(self, received: bytes) -> None:
        try:
            if self._new_session is None:
                self._receive(received)
            else:
                self._receive_encrypted(received)
        except TlsFailed as failure:
            if failure.code is OutcomeCode.TLS_NOT_TLS:
                self.heard = received[:BANNER_BYTES]
            self._fail_tls(failure.code)
        except Exception as error:  # noqa: BLE001 - a defect of ours; told to whoever waits
            self._break(error)

    def _reset(self) -> None:
        if self._is_shaking_hands:
            self._fail_tls(self._unless_kept_waiting(OutcomeCode.TLS_RESET))
        else:
            self._cut(self._unless_kept_waiting(OutcomeCode.HTTP_RESET))

    def _unless_kept_waiting(self, code: OutcomeCode) -> OutcomeCode:
        """Return how a connection ended that the server broke off; ours where we kept it waiting.

        Before anything was said it can be waited without a connection, later at another time.
        """
        if self._first_word_late_s > _PROMPT_S and not self._was_heard:
            self.hung_up_on_wait = True
        elif self._timer.waited_s - self._waited_before_s > BEARABLE_WAIT_S:
            self._allowance.is_exhausted = True
        else:
            return code
        return OutcomeCode.INTERNAL

    @property
    def _was_heard(self) -> bool:
        """Tell whether the server has answered our first word."""
        if self._new_session is None:
            return self._exchange is not self.first or self.first.reader.fed_bytes > 0
        return self.tls is not None and self.tls.peer_spoke_tls

    @property
    def _is_shaking_hands(self) -> bool:
        return self._new_session is not None and self.tls_outcome is None

    def _begin(self) -> None:
        """Begin the handshake, or without TLS the first exchange."""
        try:
            if self._new_session is None:
                self._begin_exchange()
            else:
                self._timer.start(math.inf, self._end_of_waiting)
                self._seat.take(self._begin_handshake)
        except Exception as error:  # noqa: BLE001 - as above; it must not look like the target's
            self._break(error)

    def _begin_handshake(self) -> None:
        if self._is_closed or self._new_session is None:
            return
        try:
            self._note_first_word()
            self._hello_s = self.first.stopwatch.hello_s = self._timer.now()
            self._allowance.note_wait(self._hello_s - (self.first.stopwatch.connected_s or 0.0))
            self.tls = self._new_session()
            self._write(self.tls.client_hello())
            self._timer.start(self._limits.tls_silence_s, self._end_of_patience)
        except Exception as error:  # noqa: BLE001 - as above
            self._break(error)

    def _note_first_word(self) -> None:
        late_s = self._loop.time() - (self.first.stopwatch.connected_s or 0.0)
        self._first_word_late_s = min(self._first_word_late_s, late_s)
        self._waited_before_s = self._timer.waited_s

    def _end_of_waiting(self) -> None:
        """End what had no session or memory by the deadline of the check."""
        self._allowance.is_exhausted = True
        self._timer.resume()
        if self._is_shaking_hands:
            self._fail_tls(OutcomeCode.INTERNAL)
        else:
            self._cut(OutcomeCode.INTERNAL)

    def _yield_session(self) -> None:
        """Go on to wait for the server's first word, without what it takes to read that."""
        if self.tls is not None:
            self.tls.close()
            self.tls = None

    def _receive_encrypted(self, received: bytes) -> None:
        tls = self.tls
        if tls is None:
            # A server of TLS does not speak before the ClientHello, but to give up waiting for it.
            self.spoke_too_late = begins_tls(received)
            raise TlsFailed(
                OutcomeCode.INTERNAL if self.spoke_too_late else OutcomeCode.TLS_NOT_TLS
            )
        self._seat.keep()
        # By the record: what is fed and not yet decrypted is held in OpenSSL's buffers to the end.
        for begin in range(0, len(received), RECORD_BYTES):
            if self._is_closed:
                return
            if self._timer.is_paused:
                self._pending = received[begin:]
                return
            self._receive_records(tls, received[begin : begin + RECORD_BYTES])

    def _receive_records(self, tls: TlsSession, received: bytes) -> None:
        if not tls.is_established:
            self._hold(HANDSHAKE_COST * len(received))
        tls.feed(received)
        if not tls.is_established:
            self._write(tls.outgoing())
            return
        if self.tls_outcome is None:
            self._note_tls(OutcomeCode.OK)
            self._session = self._session_over(tls)
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
        exchange.receive(received, self._timer.now())
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
        if not exchange.take():
            self._cut(OutcomeCode.HTTP_NOT_ASKED)
            return
        self._timer.start(self._limits.http_timeout_s, self._time_out)
        self._note_first_word()
        exchange.begin(self._timer.now())
        if self._session is None:
            self._write_encrypted(exchange.request(self._user_agent))
            return
        exchange.ask_over(self._session, self._user_agent)
        self._write_encrypted(self._session.outgoing())
        if exchange.reader.ended:  # the server takes no more requests
            self._settle_exchange(exchange, stays_open=False)

    def _settle_exchange(self, exchange: Exchange, *, stays_open: bool) -> None:
        exchange.end(self._timer.now())
        self._exchange = None
        self._timer.stop()
        if not stays_open:
            self.close()
        self._settle()

    def _fail_tls(self, code: OutcomeCode) -> None:
        """End the TLS stage; when its exchange had begun, that ends with the same code."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.reader.cut(code)
            exchange.end(self._timer.now())
            if not exchange.reader.spoke_http:
                self._note_tls(code)
        if self.tls is not None and not self.tls.peer_spoke_tls:
            # Nothing can be read of it, and until the check ends it would hold 50 KB.
            self.tls = None
        self.close()
        self._settle()

    def _note_tls(self, code: OutcomeCode) -> None:
        if self.tls_outcome is None:
            self.first.stopwatch.secured_s = ended_s = self._timer.now()
            duration_ms = round((ended_s - (self._hello_s or ended_s)) * 1000)
            self.tls_outcome = Outcome(code=code, duration_ms=duration_ms)
        elif code is not OutcomeCode.OK:  # refused after what looked like a finished handshake
            self.tls_outcome = Outcome(code=code, duration_ms=self.tls_outcome.duration_ms)

    def _end_of_stream(self) -> None:
        if self._is_closed:
            return
        if self._is_shaking_hands:
            self._fail_tls(self._unless_kept_waiting(OutcomeCode.TLS_CLOSED))
            return
        exchange = self._exchange
        if exchange is None:
            self.close()
            return
        exchange.reader.feed_eof()
        if exchange.reader.code is OutcomeCode.HTTP_CLOSED:
            exchange.reader.code = self._unless_kept_waiting(OutcomeCode.HTTP_CLOSED)
        self._settle_exchange(exchange, stays_open=False)

    def _cut(self, code: OutcomeCode) -> None:
        exchange = self._exchange
        if exchange is None:
            self.close()
            return
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
        left_s = self._hello_s + self._limits.tls_timeout_s - self._timer.now()
        self._timer.start(left_s, self._time_out)
        if self.tls is None or self.tls.peer_spoke_tls:
            return
        self._seat.offer(self._yield_session)
        if not self._news.done():
            silence, self._news = self._news, self._loop.create_future()
            silence.set_result(None)

    def _break(self, error: Exception) -> None:
        self.close()
        self.is_settled = True
        if not self._news.done():
            self._news.set_exception(error)

    def _settle(self) -> None:
        self.is_settled = True
        if not self._news.done():
            self._news.set_result(None)

    def _session_over(self, tls: TlsSession) -> Session | None:
        """Return a session where HTTP/2 was agreed on; most checks never need what that takes."""
        if not tls.speaks_http2:
            return None
        from services.prober.observe.http2 import (  # noqa: PLC0415 - a tenth of a second
            Http2Session,
        )

        self._hold(HTTP2_BYTES)
        return Http2Session()

    def _hold(self, size_bytes: int) -> None:
        """Count memory as held until the connection is closed."""
        self._held_bytes += size_bytes
        self._allowance.hold(size_bytes)
