"""Opens a port of a name: over its addresses, until one of them takes the connection."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar, cast

from outscope.netguard.dial import (
    Filtered,
    Refused,
    Reset,
    Unreachable,
    connect,
)
from outscope.netguard.policy import Policy
from services.prober.facts import AddressFacts, Outcome, OutcomeCode, TcpState
from services.prober.observe.capacity import Place, Places
from services.prober.observe.connection import Connection

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)

_STATES: Final = MappingProxyType(
    {
        Refused: (TcpState.REFUSED, OutcomeCode.TCP_REFUSED),
        Filtered: (TcpState.FILTERED, OutcomeCode.TCP_TIMEOUT),
        Unreachable: (TcpState.UNREACHABLE, OutcomeCode.TCP_UNREACHABLE),
        Reset: (TcpState.RESET, OutcomeCode.TCP_RESET),
    }
)
_ANSWERS: Final = tuple(_STATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An address took the connection."""

    address: str
    outcome: Outcome
    connection: Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOpened:
    """No address took the connection; this is what the first of them answered."""

    address: str
    state: TcpState
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialler:
    """How connections to one port are made."""

    port: int
    policy: Policy
    # A fresh connection for each attempt.
    connection: Callable[[], Connection]
    timeout_s: float
    # Of the loop's clock; nothing is waited for beyond it.
    deadline: float = math.inf
    places: Places = field(default_factory=Places)
    # Told of every address that was tried.
    note: Callable[["Opened | NotOpened"], None] | None = None


async def open_any(addresses: Sequence[str], dialler: Dialler) -> Opened | NotOpened:
    """Try the first address, then all others at once; return the first, in order, that opened.

    Raises Denied and Exhausted: those tell nothing about the target.
    """
    first = await open_one(addresses[0], dialler)
    if isinstance(first, Opened) or len(addresses) == 1:
        return first
    others = await asyncio.gather(
        *(open_one(address, dialler) for address in addresses[1:]), return_exceptions=True
    )
    opened = [each for each in others if isinstance(each, Opened)]
    for each in opened[1:]:
        each.connection.close()
    for fault in others:
        if isinstance(fault, BaseException):
            raise fault
    return opened[0] if opened else first


async def open_one(address: str, dialler: Dialler) -> Opened | NotOpened:
    """Try one address, once there is a place for the connection."""
    place = await dialler.places.take(dialler.deadline)
    try:
        tried = await _open_in(place, address, dialler)
    except BaseException:
        place.give_back()
        raise
    if isinstance(tried, NotOpened):
        place.give_back()
    if dialler.note is not None:
        dialler.note(tried)
    return tried


async def _open_in(place: Place, address: str, dialler: Dialler) -> Opened | NotOpened:
    loop = asyncio.get_running_loop()
    started_s = loop.time()

    def connection() -> Connection:
        made = dialler.connection()
        made.place = place
        made.note_dialled(address, started_s)
        return made

    try:
        connected = await dialled(connection, address, dialler)
    except _ANSWERS as error:
        state, code = _STATES[type(error)]
        return NotOpened(address=address, state=state, outcome=_outcome(code, loop, started_s))
    return Opened(
        address=address, outcome=_outcome(OutcomeCode.OK, loop, started_s), connection=connected
    )


def unopened_code(error: Refused | Filtered | Unreachable | Reset) -> OutcomeCode:
    """Return what an attempt that made no connection tells of the target."""
    return _STATES[type(error)][1]


class _Knock(asyncio.Protocol):
    """A connection that is let go of as soon as it is made, without a word."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let go."""
        cast("asyncio.Transport", transport).abort()  # TCP gives no other kind

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's
        """Let another connection be made."""
        self._place.give_back()


async def knock(address: str, dialler: Dialler) -> AddressFacts:
    """Connect to one address and let go at once; what it answered. Raises Denied and Exhausted."""
    place = await dialler.places.take(dialler.deadline)
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    try:
        await dialled(lambda: _Knock(place), address, dialler)
    except _ANSWERS as error:
        place.give_back()
        state, code = _STATES[type(error)]
    except BaseException:
        place.give_back()
        raise
    else:
        state, code = TcpState.OPEN, OutcomeCode.OK
    return AddressFacts(address=address, state=state, outcome=_outcome(code, loop, started_s))


async def dialled(protocol: Callable[[], _Protocol], address: str, dialler: Dialler) -> _Protocol:
    """Connect a protocol to one address within the time there is; raises a DialError."""
    left_s = dialler.deadline - asyncio.get_running_loop().time()
    _, connected = await connect(
        protocol,
        address,
        dialler.port,
        policy=dialler.policy,
        timeout_s=max(0.0, min(dialler.timeout_s, left_s)),
    )
    return connected


def _outcome(code: OutcomeCode, loop: asyncio.AbstractEventLoop, started_s: float) -> Outcome:
    return Outcome(code=code, duration_ms=round((loop.time() - started_s) * 1000))
