"""Requests the paths on the best endpoint, one after another, on one connection while it lasts."""

from collections.abc import Sequence
from dataclasses import replace

from services.prober.facts import Outcome, OutcomeCode, PathFacts, TlsFacts
from services.prober.observe.connection import Connection
from services.prober.observe.exchange import Endpoint, Exchange
from services.prober.observe.port import PortVisit, http_outcome_of
from services.prober.observe.session import HTTP1_ONLY
from services.prober.observe.target import Target, not_asked
from services.prober.observe.tcp import NotOpened
from services.prober.observe.tls import tls_facts

_HTTPS_PORT = 443


def best_visit(visits: Sequence[PortVisit]) -> PortVisit | None:
    """Return the visit whose endpoint the paths are requested on; None when none speaks HTTP.

    https with a valid certificate before https before http, 443 before others, then as asked.
    """
    speaking = [visit for visit in visits if visit.endpoint is not None]
    return min(speaking, key=_rank, default=None)


async def visit_paths(
    target: Target, visits: Sequence[PortVisit], paths: Sequence[str]
) -> tuple[PathFacts, ...]:
    """Return the facts of every path; those of the first are the best port's probe."""
    visit = best_visit(visits)
    if visit is None or visit.endpoint is None or visit.facts.probe is None:
        nowhere = Outcome(code=_code_without_endpoint(visits))
        return tuple(PathFacts(path=path, outcome=nowhere) for path in paths)
    requester = Requester(
        target, visit.endpoint, (visit.facts.address,), visit.connection, is_open=True
    )
    answers = [visit.facts.probe]
    _note(target, answers[0])
    for path in paths[1:]:
        target.requests.expect(1)
        answers.append(await requester.request(path))
        _note(target, answers[-1])
    target.requests.expect(0)
    return tuple(answers)


def _code_without_endpoint(visits: Sequence[PortVisit]) -> OutcomeCode:
    """Return why no path is requested: nobody knows what a port speaks that we did not ask."""
    outcomes = (
        one for visit in visits for one in (visit.facts.tls_outcome, visit.facts.http_outcome)
    )
    if any(one is not None and one.code is OutcomeCode.HTTP_NOT_ASKED for one in outcomes):
        return OutcomeCode.HTTP_NOT_ASKED
    return OutcomeCode.HTTP_NO_ENDPOINT


def _note(target: Target, answer: PathFacts) -> None:
    """Tell what a path answered, without holding on to its body."""
    if target.is_heard:
        target.note(replace(answer, body=b""))


class Requester:
    """Asks one endpoint for paths, and connects again when the server has closed.

    The first of its addresses that takes a connection is asked from then on.
    """

    def __init__(
        self,
        target: Target,
        endpoint: Endpoint,
        addresses: tuple[str, ...],
        connection: Connection | None = None,
        *,
        is_open: bool = False,
        tls: TlsFacts | None = None,
    ) -> None:
        self._target = target
        self._endpoint = endpoint
        self._addresses = addresses
        self._connection = connection
        # The port is known to take connections.
        self._is_open = is_open
        # The server closes connections without a word: each is used once from then on, for what is
        # sent on one that is gone has to be sent, and counted, twice.
        self._goes_stale = False
        # Of the connection, once somebody asked.
        self._tls = tls

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = self._tls = None

    @property
    def tls(self) -> TlsFacts | None:
        """Return what the handshake of the present connection showed; None without TLS."""
        connection = self._connection
        if self._tls is None and connection is not None and connection.tls is not None:
            outcome = connection.tls_outcome or Outcome(code=OutcomeCode.INTERNAL)
            fqdn, moment = self._endpoint.fqdn, self._target.moment
            self._tls = tls_facts(connection.tls.shown, outcome, fqdn, moment)
        return self._tls

    async def request(self, path: str) -> PathFacts:
        """Return what a path answered; raises Denied, Exhausted and WithoutLeave."""
        await self._target.able_to_go_on()
        if self._target.is_over:
            return self.not_asked(path)
        connection = self._connection
        if connection is not None and connection.is_reusable and not self._goes_stale:
            exchange = self._target.exchange(self._endpoint, path)
            await connection.carry(exchange)
            if exchange.reader.needs_http1:
                if not await self._target.may_ask_again(self._addresses[0]):
                    return self.not_asked(path)
                self._target.offer(self._endpoint.port, HTTP1_ONLY)
                return await self._request_anew(path)
            if not _was_stale(exchange):
                return self._in_time(exchange.facts())
            # In HTTP/2 it is a stream that was refused, or a server that says how far it came.
            self._goes_stale = connection.tls is None or not connection.tls.speaks_http2
            if not await self._target.may_ask_again(self._addresses[0]):
                return self.not_asked(path)
        return await self._request_anew(path)

    async def _request_anew(self, path: str) -> PathFacts:
        self.close()
        attempt = await self._target.attempt(self._endpoint, path, addresses=self._addresses)
        if isinstance(attempt, NotOpened):
            outcome = http_outcome_of(attempt) if self._is_open else attempt.outcome
            return self._in_time(self._unasked(path, outcome, attempt.address))
        self._is_open = True
        self._addresses = (attempt.opened.address,)
        attempt = await self._target.as_insisted_on(attempt)
        self._connection = attempt.connection
        return attempt.facts()

    def not_asked(self, path: str) -> PathFacts:
        """Return that a path was not asked, which is ours."""
        return self._unasked(path, Outcome(code=OutcomeCode.HTTP_NOT_ASKED))

    def _in_time(self, facts: PathFacts) -> PathFacts:
        """Return what a path answered; a silence that our deadline has cut short is ours."""
        if self._target.has_cut(facts.outcome):
            return replace(facts, outcome=not_asked(facts.outcome))
        return facts

    def _unasked(self, path: str, outcome: Outcome, address: str = "") -> PathFacts:
        url = self._endpoint.url(path)
        return PathFacts(path=path, outcome=outcome, url=url, address=address)


def _was_stale(exchange: Exchange) -> bool:
    """Tell a server that closed a kept connection from one that closes on this request."""
    is_silent = exchange.reader.fed_bytes == 0
    return is_silent and exchange.reader.code in {OutcomeCode.HTTP_CLOSED, OutcomeCode.HTTP_RESET}


def _rank(visit: PortVisit) -> tuple[bool, bool, bool]:
    tls = visit.facts.tls
    is_valid = tls is not None and tls.valid
    return not is_valid, tls is None, visit.facts.port != _HTTPS_PORT
