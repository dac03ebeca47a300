"""One name being visited: what its visits share, and how a connection to it is tried."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final

from outscope.netguard.dial import Exhausted
from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint, Exchange, nothing_left
from services.prober.observe.frames import begins_http2
from services.prober.observe.leave import WithoutLeave, refusal_of
from services.prober.observe.means import Means, Tools
from services.prober.observe.note import Note, unheard
from services.prober.observe.seats import Seat
from services.prober.observe.session import HTTP1_ONLY, HTTP2_ONLY, HTTP2_TOO, TlsSession
from services.prober.observe.survey import Survey
from services.prober.observe.tcp import Dialler, NotOpened, Opened, open_any

# uvloop counts in milliseconds, so its timers may fire this much early.
_TICK_S: Final = 0.002
_HUNG_UP: Final = frozenset({OutcomeCode.HTTP_CLOSED, OutcomeCode.HTTP_RESET})
_SILENCE: Final = frozenset(
    {OutcomeCode.TCP_TIMEOUT, OutcomeCode.TLS_TIMEOUT, OutcomeCode.HTTP_TIMEOUT}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A connection that was made, with the exchange it began with; both settled unless silent."""

    opened: Opened
    exchange: Exchange
    # We had no time to wait for an answer, or no time or place to ask in another version of HTTP.
    is_unasked: bool = False

    @property
    def connection(self) -> Connection:
        """Return the connection."""
        return self.opened.connection

    @property
    def is_silent(self) -> bool:
        """Tell whether the handshake still waits for the server's first word."""
        return not self.connection.is_settled and not self.spoke_tls

    @property
    def spoke_tls(self) -> bool:
        """Tell whether the server answered in TLS, be it to refuse."""
        tls = self.connection.tls
        return self.connection.spoke_too_late or (tls is not None and tls.peer_spoke_tls)

    @property
    def spoke_http(self) -> bool:
        """Tell whether the server answered in HTTP."""
        return self.exchange.reader.spoke_http

    @property
    def heard(self) -> bytes:
        """Return what the server said first, when that is neither TLS nor HTTP."""
        return self.connection.heard or self.exchange.reader.heard

    @property
    def tls_outcome(self) -> Outcome:
        """Return how the TLS stage ended; only of a connection that tried it."""
        outcome = self.connection.tls_outcome or Outcome(code=OutcomeCode.INTERNAL)
        return not_asked(outcome) if self.is_unasked and not outcome.ok else outcome

    @property
    def outcome(self) -> Outcome:
        """Return how the exchange ended."""
        return not_asked(self.exchange.outcome) if self.is_unasked else self.exchange.outcome

    def facts(self) -> PathFacts:
        """Return what came back, the body with it: to be asked once."""
        facts = self.exchange.facts()
        return replace(facts, outcome=self.outcome) if self.is_unasked else facts

    @property
    def insisted_on(self) -> tuple[bytes, ...]:
        """Return what to offer in ALPN to a server that speaks only another version of HTTP.

        Empty where there is no sign of such a one: an answer in what was offered, or in nothing.
        """
        tls, reader = self.connection.tls, self.exchange.reader
        if tls is None:
            return ()
        if reader.needs_http1:
            return HTTP1_ONLY
        if tls.peer_refused_alpn:
            return () if tls.offered else HTTP2_TOO
        if not tls.is_established or tls.shown.alpn or tls.offered == HTTP2_ONLY:
            return ()
        if begins_http2(reader.heard):
            return HTTP2_ONLY
        has_hung_up = reader.code in _HUNG_UP and not reader.fed_bytes
        return HTTP2_TOO if has_hung_up and not tls.offered else ()


def not_asked(outcome: Outcome) -> Outcome:
    """Return an outcome as ours: we had no time, budget or place left."""
    return replace(outcome, code=OutcomeCode.HTTP_NOT_ASKED)


class Target:
    """One name, its addresses, and the moment of the loop's clock when looking at it ends.

    Whatever connections its visits made are closed with it; what came over them is held until its
    allowance is closed.
    """

    def __init__(
        self,
        fqdn: str,
        addresses: tuple[str, ...],
        first_path: str,
        tools: Tools,
        means: Means,
        *,
        http2: bool = False,
    ) -> None:
        self.fqdn = fqdn
        # An address is no server name (RFC 6066, section 3); a redirect may lead to one.
        self._server_name = "" if fqdn[-1] == "]" or fqdn.rpartition(".")[2].isdigit() else fqdn
        self.addresses = addresses
        self.first_path = first_path
        self._tools = tools
        self.means = means
        # Of the loop's clock.
        self.deadline = means.deadline
        # What is offered in ALPN instead of HTTP/1.1 alone: in general, and on one port.
        self._alpn = HTTP2_TOO if http2 else ()
        self._alpn_of: dict[int, tuple[bytes, ...]] = {}
        # Ports whose first word in TLS takes so long that their sessions are kept until it comes.
        self._slow_ports: set[int] = set()
        self._loop = asyncio.get_running_loop()
        # Those that are open: closed ones need not be held to the end of the check.
        self._connections: set[Connection] = set()
        # Told what was seen as soon as it was.
        self.note: Note = unheard
        self.survey = Survey()
        self.allowance = means.allowance
        self.requests = means.requests
        # Those that are connected to, and for which no request is left.
        self.unasked_ports: set[int] = set()

    @property
    def is_heard(self) -> bool:
        """Tell whether anybody is told what is seen; if not, nothing is made ready for it."""
        return self.note is not unheard

    @property
    def is_over(self) -> bool:
        """Tell whether the deadline of the check has passed."""
        return self._loop.time() >= self.deadline - _TICK_S

    def has_cut(self, outcome: Outcome) -> bool:
        """Tell whether a stage met with silence only because the time of the check was over.

        Nor does anything tell of it that ended for want of memory or a TLS session of ours.
        """
        is_without = outcome.code is OutcomeCode.INTERNAL and self.allowance.is_exhausted
        return is_without or (outcome.code in _SILENCE and self.is_over)

    @property
    def moment(self) -> datetime:
        """Return the present moment, for what is measured against dates."""
        return self._tools.clock()

    @property
    def greeting_timeout_s(self) -> float:
        """Return how long a server is listened to that has hung up on us."""
        return self._tools.limits.greeting_timeout_s

    @property
    def tls_timeout_s(self) -> float:
        """Return how long an answer to a ClientHello is waited for."""
        return self._tools.limits.tls_timeout_s

    @property
    def discovery_timeout_s(self) -> float:
        """Return how long requests are begun that nobody asked for."""
        return self._tools.limits.discovery_timeout_s

    def beside(self, fqdn: str, addresses: tuple[str, ...]) -> "Target":
        """Return another name that is visited within this check; it is closed by who asked."""
        return Target(
            *(fqdn, addresses, self.first_path, self._tools, self.means), http2=bool(self._alpn)
        )

    async def as_insisted_on(self, attempt: Attempt) -> Attempt:
        """Try once more where the server speaks only another version of HTTP than we did.

        Raises WithoutLeave.
        """
        alpn, address = attempt.insisted_on, attempt.opened.address
        if not alpn:
            return attempt
        if not await self.may_ask_again(address):
            return replace(attempt, is_unasked=True)
        attempt.connection.close()
        asked = attempt.exchange
        try:
            again = await self.attempt(asked.endpoint, asked.path, addresses=(address,), alpn=alpn)
        except Exhausted:
            return replace(attempt, is_unasked=True)
        if isinstance(again, NotOpened):
            return attempt
        if not again.spoke_http and attempt.tls_outcome.ok:
            again.connection.close()
            return attempt
        self.offer(asked.endpoint.port, alpn)
        return again if again.spoke_tls else attempt

    async def has_leave(self, address: str) -> bool:
        """Ask leave for a request that the check did not count as, and take no for an answer."""
        leave = self.means.leave
        return leave is None or await leave(self.fqdn, (address,), 1) is None

    async def may_ask_again(self, address: str) -> bool:
        """Take leave for a request that the check did not count as; False when its time is over.

        Raises WithoutLeave.
        """
        leave = self.means.leave
        if leave is None or self.is_over:
            return not self.is_over
        until = min(self._loop.time() + self._tools.limits.leave_timeout_s, self.deadline)
        refusal = await refusal_of(leave, self.fqdn, (address,), until=until)
        if refusal is not None and not self.is_over:
            raise WithoutLeave(refusal)
        return not self.is_over

    async def has_leave_again(self, address: str) -> bool:
        """Tell whether there is leave for what a check can also do without."""
        try:
            return await self.may_ask_again(address)
        except WithoutLeave:
            return False

    def offer(self, port: int, alpn: tuple[bytes, ...]) -> None:
        """Offer this in ALPN whenever the port is connected to from now on."""
        self._alpn_of[port] = alpn

    def close(self) -> None:
        """Close every connection."""
        for connection in tuple(self._connections):
            connection.close()

    async def able_to_go_on(self) -> None:
        """Wait while the check waits for memory, so that it holds no more until it can."""
        if self.allowance.is_waiting:
            await self.allowance.able_to_go_on(self.deadline)

    async def attempt(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        addresses: tuple[str, ...] = (),
        alpn: tuple[bytes, ...] = (),
        is_patient: bool = True,
        seat: Seat | None = None,
    ) -> Attempt | NotOpened:
        """Connect to one of the addresses, all of the name's by default, and ask for one path.

        Without patience it returns early when a handshake meets with silence. When it is left to
        choose among several, those it leaves are surveyed meanwhile. A seat is one taken for it.
        """
        await self.able_to_go_on()
        surveys = not addresses and len(self.addresses) > 1
        dialler = self.dialler(endpoint, path, alpn=alpn, seat=seat)
        if surveys:
            dialler = replace(dialler, note=partial(self.survey.note, endpoint.port))
        opened = await open_any(addresses or self.addresses, dialler)
        if surveys:
            self.survey.begin(self.addresses, dialler)
        if isinstance(opened, NotOpened):
            return opened
        made = Attempt(opened=opened, exchange=opened.connection.first)
        if not is_patient:
            await opened.connection.settled_or_silent()
            if made.is_silent:
                return made
        return await self.settled(made, alpn=alpn)

    async def settled(self, attempt: Attempt, *, alpn: tuple[bytes, ...] = ()) -> Attempt:
        """Wait until an attempt is settled, or one more that is made where ours came too late.

        Silence that our deadline has cut short is ours. Raises Exhausted where we gave up the
        session that the server would have spoken to, or had none while it waited, and it does not
        take another connection.
        """
        connection = attempt.connection
        await connection.settled()
        if not (connection.spoke_too_late or connection.hung_up_on_wait):
            secured = connection.tls_outcome
            is_cut = self.has_cut(attempt.outcome) or (secured and self.has_cut(secured))
            return replace(attempt, is_unasked=True) if is_cut else attempt
        asked, address = attempt.exchange, attempt.opened.address
        if connection.spoke_too_late:
            self._slow_ports.add(asked.endpoint.port)
        seat = await self._taken_seat(asked.endpoint) if connection.is_encrypted else Seat(())
        try:
            again = await self.attempt(
                asked.endpoint, asked.path, addresses=(address,), alpn=alpn, seat=seat
            )
        except BaseException:
            seat.give_back()
            raise
        if isinstance(again, NotOpened):
            seat.give_back()
            raise Exhausted("no TLS session was left for a slow server")
        return again

    async def _taken_seat(self, endpoint: Endpoint) -> Seat:
        """Wait for a session before there is a connection to use it on; raises Exhausted."""
        seat, began_s = self._seat(endpoint), self._loop.time()
        taken = self._loop.create_future()
        try:
            async with asyncio.timeout_at(self.deadline):
                seat.take(lambda: None if taken.done() else taken.set_result(None))
                await taken
        except TimeoutError as error:
            seat.give_back()
            raise Exhausted("no TLS session was left in time") from error
        except BaseException:
            seat.give_back()
            raise
        self.allowance.note_wait(self._loop.time() - began_s)
        return seat

    def _seat(self, endpoint: Endpoint) -> Seat:
        means = self.means
        return Seat(means.sessions, means.silent, is_kept=endpoint.port in self._slow_ports)

    def exchange(self, endpoint: Endpoint, path: str) -> Exchange:
        """Return a request for a path, which is sent if there is one left when it would be."""
        is_left_out = endpoint.port in self.unasked_ports
        take = nothing_left if is_left_out else partial(self.requests.take, endpoint.port)
        return Exchange(endpoint, path, self.allowance, take=take)

    def dialler(
        self,
        endpoint: Endpoint,
        path: str,
        *,
        alpn: tuple[bytes, ...] = (),
        seat: Seat | None = None,
    ) -> Dialler:
        """Return how connections to an endpoint are made that begin by asking for a path."""
        offered = alpn or self._alpn_of.get(endpoint.port, self._alpn)
        return Dialler(
            port=endpoint.port,
            policy=self._tools.policy,
            connection=lambda: self._connection(
                self.exchange(endpoint, path), offered, seat or self._seat(endpoint)
            ),
            timeout_s=self._tools.limits.connect_timeout_s,
            deadline=self.deadline,
            places=self._tools.places,
        )

    def _connection(self, exchange: Exchange, alpn: tuple[bytes, ...], seat: Seat) -> Connection:
        is_encrypted = exchange.endpoint.scheme == "https"
        connection = Connection(
            exchange,
            partial(TlsSession, self._tools.context, self._server_name, alpn=alpn)
            if is_encrypted
            else None,
            user_agent=self._tools.user_agent,
            limits=self._tools.limits,
            deadline=self.deadline,
            seat=seat,
            allowance=self.allowance,
        )
        connection.note_end = self._connections.discard
        self._connections.add(connection)
        return connection
