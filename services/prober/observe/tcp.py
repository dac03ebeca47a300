"""Opens a port of a name: over its addresses, until one of them takes the connection."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    """Try one address."""
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    try:
        _, connection = await connect(
            dialler.connection,
            address,
            dialler.port,
            policy=dialler.policy,
            timeout_s=dialler.timeout_s,
        )
    except (Denied, Exhausted):
        raise
    except DialError as error:
        state, code = _STATES[type(error)]
        return NotOpened(address=address, state=state, outcome=_outcome(code, loop, started_s))
    return Opened(
        address=address, outcome=_outcome(OutcomeCode.OK, loop, started_s), connection=connection
    )


def _outcome(code: OutcomeCode, loop: asyncio.AbstractEventLoop, started_s: float) -> Outcome:
    return Outcome(code=code, duration_ms=round((loop.time() - started_s) * 1000))
