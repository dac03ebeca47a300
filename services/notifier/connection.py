"""A connection to an endpoint: one request at a time, and the beginning of its answer.

Law: of an answer its status, its Retry-After and the first bytes of its body are taken, and what
exceeds that is not read. A connection may carry another request only when the last one was sent
whole, its answer came whole with nothing after it, and nobody asked to close. What a receiver
accepts before it has come whole is sent to its end all the same.
Source: RFC 9112; llhttp reads it, as Node.js does.
"""

import asyncio
import select
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import httptools

MAX_ANSWER_BYTES: Final = 1024
# With everything that says that an answer will come.
_MAX_HEAD_BYTES: Final = 64 * 1024
# What may stand around the body that is taken, such as trailers.
_MAX_REST_BYTES: Final = 64 * 1024
# A body that is slow says nothing the status line did not say.
_BODY_TIMEOUT_S: Final = 1.0
# How often to look whether a request that was answered early is sent.
_LOOK_EVERY_S: Final = 0.01
# Timers count whole milliseconds.
_EARLY_S: Final = 0.001
_LEAST_STATUS: Final = 100
_SUCCESS: Final = 2
# RTSP and ICE, which the parser reads as well.
_OTHER_PROTOCOLS: Final = frozenset({b"R", b"I"})
_RETRY_AFTER: Final = b"retry-after"

# Its parts, in order: a body is not copied to stand behind its head.
Request = Sequence[bytes]


class ConnectionLost(ConnectionError):  # noqa: N818 - what happened
    """The connection ended before an answer had begun."""


class MalformedAnswer(Exception):  # noqa: N818 - what came
    """What came is no answer in HTTP, or its head does not end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was taken of an answer."""

    status_code: int
    # The header as sent.
    retry_after: str | None
    # The beginning of the body.
    body: bytes
    # More came than a head, wanted or not.
    has_more: bool = field(default=False, compare=False)


class _Reading:
    """What has come of one answer; its methods are called by the parser."""

    def __init__(self, most: int) -> None:
        self.status_code = 0
        self.retry_after: str | None = None
        self.body = bytearray()
        self.may_another_follow = False
        self.has_more = False
        self._most = most
        self._is_whole = False
        self._is_senseless = False
        self._fed = 0
        self._parser = parser = httptools.HttpResponseParser(self)
        # What a client has to take (RFC 9112, section 5.2) or may (2.2): nobody reads it after us.
        parser.set_dangerous_leniencies(lenient_headers=True, lenient_optional_cr_before_lf=True)

    @property
    def is_enough(self) -> bool:
        """Whether nothing that comes now matters."""
        return self._is_whole or (self.status_code > 0 and len(self.body) >= self._most)

    def end(self) -> None:
        """Let go of the parser, which holds this: a ring is only freed by the collector."""
        del self._parser

    def feed(self, received: bytes) -> None:
        """Read on; raises MalformedAnswer while the head has not come."""
        has_begun = self.status_code > 0
        if not has_begun and not self._fed and received[:1] in _OTHER_PROTOCOLS:
            raise MalformedAnswer("it is not HTTP")
        try:
            self._parser.feed_data(received)
        except httptools.HttpParserUpgrade:
            self._end_here()
        except httptools.HttpParserError as error:
            if not self.status_code:
                raise MalformedAnswer(repr(error)) from error
            self._end_here()
        if self._is_senseless:
            raise MalformedAnswer("the status is below 100")
        if self.status_code and not has_begun:
            self._fed = 0
            return
        self._fed += len(received)
        if not self.status_code and self._fed > _MAX_HEAD_BYTES:
            raise MalformedAnswer("the head does not end")
        if not self._is_whole and self._fed > _MAX_REST_BYTES:
            self._end_here()

    def _end_here(self) -> None:
        self._is_whole = self.has_more = True
        self.may_another_follow = False

    def on_message_begin(self) -> None:
        """Notice what nobody asked for."""
        self.may_another_follow = False
        self.has_more = self.has_more or self.status_code > 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Remember the one header that says something to us."""
        if not self.status_code and name.lower() == _RETRY_AFTER:
            self.retry_after = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Take the status, unless it only says that an answer will come."""
        status_code = self._parser.get_status_code()
        if status_code < _LEAST_STATUS:
            self._is_senseless = True
        elif status_code // 100 == 1 and status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            self.retry_after = None
        elif not self.status_code:
            self.status_code = status_code

    def on_body(self, part: bytes) -> None:
        """Keep the beginning."""
        self.has_more = True
        self.body += part[: self._most - len(self.body)]

    def on_chunk_header(self) -> None:
        """Notice that a body begins, if only to end."""
        self.has_more = True

    def on_message_complete(self) -> None:
        """Tell whether the connection may serve again."""
        if self.status_code and not self._is_whole:
            self._is_whole = True
            self.may_another_follow = bool(self._parser.should_keep_alive())


class Connection(asyncio.Protocol):
    """The protocol at our end of a connection."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        # What carries it, where TLS has come between.
        self._beneath: asyncio.Transport | None = None
        self._reading: _Reading | None = None
        self._ended: asyncio.Future[None] | None = None
        # When the exchange ends, whatever has come; and what looks at the time, then or before.
        self._ends_at_s = 0.0
        self._look: asyncio.TimerHandle | None = None
        self._looks_at_s = 0.0
        self._arrivals: select.poll | None = None
        self.may_be_reused = False

    async def exchange(
        self, request: Request, ends_at_s: float, *, most: int = MAX_ANSWER_BYTES
    ) -> Reply:
        """Send a request and return its answer with at most so many bytes of its body.

        The status must have come by that moment of the loop's clock; the rest is waited for
        briefly. Raises ConnectionLost, MalformedAnswer or TimeoutError.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            raise ConnectionLost("closed")
        self._reading = reading = _Reading(most)
        self._ended = self._loop.create_future()
        self._end_at(ends_at_s)
        self.may_be_reused = False
        try:
            transport.writelines(request)
            await self._ended
            if reading.status_code // 100 == _SUCCESS and self._unsent_bytes(transport):
                await self._sent(transport, ends_at_s)
            self.may_be_reused = (
                reading.may_another_follow
                and not transport.is_closing()
                and not self._unsent_bytes(transport)
            )
        finally:
            self._reading = None
            reading.end()
            if not self.may_be_reused:
                self._stop_looking()
        return Reply(
            status_code=reading.status_code,
            retry_after=reading.retry_after,
            body=bytes(reading.body),
            has_more=reading.has_more,
        )

    @property
    def is_quiet(self) -> bool:
        """Whether it may be reused and nothing lies there to be read.

        What has arrived and was not read yet would else be taken for the next request's answer.
        """
        if not self.may_be_reused or self._transport is None or self._transport.is_closing():
            return False
        if self._arrivals is None:
            self._arrivals = select.poll()
            self._arrivals.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return not self._arrivals.poll(0)

    def close(self) -> None:
        """Close one that is idle, with a word where the endpoint speaks TLS."""
        self.may_be_reused = False
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self.may_be_reused = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP
        """Remember where to write."""
        self._transport = transport

    def secured(self, transport: asyncio.Transport, beneath: asyncio.Transport) -> None:
        """Write there from now on: TLS has come between, and keeps nothing back itself."""
        self._transport, self._beneath = transport, beneath

    def data_received(self, data: bytes) -> None:
        """Read an answer; close when nobody asked."""
        reading, ended = self._reading, self._ended
        if reading is None or ended is None:
            self.abort()
            return
        if ended.done():  # the request is still being sent
            reading.may_another_follow = False
            return
        is_settling = reading.status_code > 0
        try:
            reading.feed(data)
        except MalformedAnswer as error:
            ended.set_exception(error)
            return
        if reading.is_enough:
            ended.set_result(None)
        elif reading.status_code and not is_settling:
            self._end_at(self._loop.time() + _BODY_TIMEOUT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the exchange: with what has come, when the status has."""
        self.may_be_reused = False
        self._stop_looking()
        lost = ConnectionLost("ended before an answer")
        lost.__cause__ = exc
        self._end_early(lost)

    def _unsent_bytes(self, transport: asyncio.Transport) -> int:
        beneath = self._beneath.get_write_buffer_size() if self._beneath is not None else 0
        return transport.get_write_buffer_size() + beneath

    async def _sent(self, transport: asyncio.Transport, ends_at_s: float) -> None:
        """Wait until a request is sent that was answered early, as long as there is time."""
        while (  # noqa: ASYNC110 - a transport beneath TLS tells nobody but TLS that it is empty
            self._unsent_bytes(transport)
            and not transport.is_closing()
            and self._loop.time() < ends_at_s
        ):
            await asyncio.sleep(_LOOK_EVERY_S)

    def _end_at(self, moment_s: float) -> None:
        """Let the exchange last until then.

        What looks at the time earlier is left to find that there is more of it, so that a
        connection that carries many requests has one timer for them, and not one for each.
        """
        self._ends_at_s = moment_s
        if self._look is not None:
            if self._looks_at_s <= moment_s:
                return
            self._look.cancel()
        self._looks_at_s = moment_s
        self._look = self._loop.call_at(moment_s, self._look_at_time)

    def _look_at_time(self) -> None:
        self._look = None
        if self._reading is None:  # the next request begins anew
            return
        if self._loop.time() < self._ends_at_s - _EARLY_S:
            self._end_at(self._ends_at_s)
        else:
            self._end_early(TimeoutError("no answer in time"))

    def _stop_looking(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _end_early(self, fault: Exception) -> None:
        ended, reading = self._ended, self._reading
        if ended is None or ended.done():
            return
        if reading is not None and reading.status_code:
            ended.set_result(None)
        else:
            ended.set_exception(fault)
