"""Listens for the first word of a server that hung up on ours.

Law: one more connection, only where a port is open, spoke neither TLS nor HTTP, and said nothing
before it broke off: one that keeps silent had its time to speak. Where that brings no word either,
one more with leave, for MQTT, which speaks only to its own.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Final, cast

from outscope.limits import BANNER_BYTES
from outscope.netguard.dial import Denied, DialError
from services.prober.facts import OutcomeCode, PortFacts, TcpState
from services.prober.observe.capacity import Place
from services.prober.observe.exchange import Endpoint
from services.prober.observe.port import PortVisit
from services.prober.observe.service import (
    MQTT_CONNECT,
    SSL_REQUEST,
    service_answering,
    service_refusing,
    service_saying,
)
from services.prober.observe.target import Target
from services.prober.observe.tcp import Dialler, dialled

_HUNG_UP: Final = frozenset({OutcomeCode.HTTP_CLOSED, OutcomeCode.HTTP_RESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a server said to a client that said nothing, and who it is."""

    banner: bytes = b""
    service: str = ""


async def listened_to(target: Target, visit: PortVisit) -> PortVisit:
    """Return a visit with the server's greeting, where that is worth a connection."""
    facts = visit.facts
    if not is_worth_listening(facts) or target.is_over:
        return visit
    endpoint = Endpoint(scheme="http", fqdn=target.fqdn, port=facts.port)
    dialler = target.dialler(endpoint, target.first_path)
    heard = await greeting(facts.address, dialler, target.greeting_timeout_s)
    if heard == Greeting() and await target.has_leave_again(facts.address):
        heard = await refusal(facts.address, dialler, target.greeting_timeout_s)
    return replace(visit, facts=replace(facts, banner=heard.banner, service=heard.service))


def is_worth_listening(facts: PortFacts) -> bool:
    """Tell a server that hung up without a word from one that spoke, and from one that may not."""
    outcome = facts.http_outcome
    has_spoken = facts.tls is not None or facts.speaks_http or bool(facts.banner)
    return (
        facts.state is TcpState.OPEN
        and not has_spoken
        and outcome is not None
        and outcome.code in _HUNG_UP
    )


async def greeting(address: str, dialler: Dialler, timeout_s: float) -> Greeting:
    """Wait for a server's first word; where none comes, ask whether it is PostgreSQL.

    Raises Denied.
    """
    listener = await _listening(address, dialler)
    if listener is None:
        return Greeting()
    try:
        banner = await listener.heard(timeout_s, dialler.deadline)
        if banner:
            return Greeting(banner=banner, service=service_saying(banner))
        listener.say(SSL_REQUEST)
        answer = await listener.heard(timeout_s, dialler.deadline)
        return Greeting(service=service_answering(answer))
    finally:
        listener.close()


async def refusal(address: str, dialler: Dialler, timeout_s: float) -> Greeting:
    """Ask a server whether it is MQTT's, in a version that it must refuse; raises Denied."""
    listener = await _listening(address, dialler)
    if listener is None:
        return Greeting()
    try:
        listener.say(MQTT_CONNECT)
        answer = await listener.heard(timeout_s, dialler.deadline)
        return Greeting(service=service_refusing(answer))
    finally:
        listener.close()


async def _listening(address: str, dialler: Dialler) -> "_Listener | None":
    """Connect; None where no connection could be made. Raises Denied."""
    try:
        place = await dialler.places.take(dialler.deadline)
        return await _listening_in(place, address, dialler)
    except Denied:
        raise
    except DialError:
        return None


async def _listening_in(place: Place, address: str, dialler: Dialler) -> "_Listener":
    try:
        return await dialled(lambda: _Listener(place), address, dialler)
    except BaseException:
        place.give_back()
        raise


class _Listener(asyncio.Protocol):
    """A connection on which the server has the first word."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._transport: asyncio.Transport | None = None
        self._words = b""
        self._news = asyncio.Event()
        self._is_over = False

    async def heard(self, timeout_s: float, deadline: float) -> bytes:
        """Return the server's next words, or nothing when it is silent for so long or hangs up."""
        now_s = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(now_s + timeout_s, deadline)):
                await self._news.wait()
        except TimeoutError:
            return b""
        return self._words

    def say(self, words: bytes) -> None:
        """Send words, unless the server has hung up."""
        if self._transport is not None and not self._is_over:
            self._transport.write(words)

    def close(self) -> None:
        """Let go of the connection."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to listen."""
        self._transport = cast("asyncio.Transport", transport)  # TCP gives no other kind

    def data_received(self, data: bytes) -> None:
        """Take what the server says, as much as is kept of it."""
        self._words = (self._words + data[:BANNER_BYTES])[:BANNER_BYTES]
        self._news.set()

    def eof_received(self) -> None:
        """Take the end of what the server says."""
        self._is_over = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Let another connection be made."""
        self._is_over = True
        self._place.give_back()
        self._news.set()
