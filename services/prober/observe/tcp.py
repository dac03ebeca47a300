"""Opens a port of a name: over its addresses, until one of them takes the connection."""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from outscope.netguard.dial import (
    Denied,
    DialError,
    Exhausted,
    Filtered,
    Refused,
    Reset,
    Unreachable,
    connect,
)
from outscope.netguard.policy import Policy
from services.prober.facts import Outcome, OutcomeCode, TcpState
from services.prober.observe.capacity import Place, Places
from services.prober.observe.connection import Connection

_STATES: Final = MappingProxyType(
    {
        Refused: (TcpState.REFUSED, OutcomeCode.TCP_REFUSED),
        Filtered: (TcpState.FILTERED, OutcomeCode.TCP_TIMEOUT),
        Unreachable: (TcpState.UNREACHABLE, OutcomeCode.TCP_UNREACHABLE),
        Reset: (TcpState.RESET, OutcomeCode.TCP_RESET),
    }
)


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
    return tried


async def _open_in(place: Place, address: str, dialler: Dialler) -> Opened | NotOpened:
    loop = asyncio.get_running_loop()
    started_s = loop.time()

    def connection() -> Connection:
        made = dialler.connection()
        made.place = place
        return made

    try:
        _, connected = await connect(
            connection,
            address,
            dialler.port,
            policy=dialler.policy,
            timeout_s=max(0.0, min(dialler.timeout_s, dialler.deadline - started_s)),
        )
    except (Denied, Exhausted):
        raise
    except DialError as error:
        state, code = _STATES[type(error)]
        return NotOpened(address=address, state=state, outcome=_outcome(code, loop, started_s))
    return Opened(
        address=address, outcome=_outcome(OutcomeCode.OK, loop, started_s), connection=connected
    )


def _outcome(code: OutcomeCode, loop: asyncio.AbstractEventLoop, started_s: float) -> Outcome:
    return Outcome(code=code, duration_ms=round((loop.time() - started_s) * 1000))
