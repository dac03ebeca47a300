"""Connects to a stranger's host: the only place that does, and only where the policy allows.

The address given is the address dialled; nothing is resolved here. It is judged before the first
packet, and the connected socket's peer is judged again before a protocol may write or read.
"""

# ruff: noqa: N818 - outcomes of a connection attempt, named as the facts name them

import asyncio
import errno
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Final, Generic, TypeVar

from outscope.netguard.denials import counted
from outscope.netguard.policy import Denial, Policy
from outscope.netguard.ranges import IPAddress

_Protocol = TypeVar("_Protocol", bound=asyncio.BaseProtocol)


class DialError(Exception):
    """No connection was made."""


class Denied(DialError):
    """The network policy forbids the address; no packet was sent to it."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(str(denial))
        self.denial = denial


class Refused(DialError):
    """The host answered that nobody listens on the port."""


class Filtered(DialError):
    """Nothing answered within the time limit."""


class Unreachable(DialError):
    """No way leads to the host, or a router on the way said so."""


class Reset(DialError):
    """The host took the connection and broke it off at once."""


class Exhausted(DialError):
    """We ourselves have no descriptor, port or memory left for a connection."""


_BY_ERRNO: Final[dict[int, type[DialError]]] = {
    errno.ECONNREFUSED: Refused,
    errno.ETIMEDOUT: Filtered,
    errno.ECONNRESET: Reset,
    errno.ECONNABORTED: Reset,
    errno.EPIPE: Reset,
    errno.ENOTCONN: Reset,  # connected, and gone before we could look at the peer
    errno.EMFILE: Exhausted,
    errno.ENFILE: Exhausted,
    errno.ENOBUFS: Exhausted,
    errno.ENOMEM: Exhausted,
    errno.EADDRNOTAVAIL: Exhausted,
    errno.EAGAIN: Exhausted,
}


@lru_cache(maxsize=1024)
def _parsed(address: str) -> tuple[IPAddress, str]:
    """Return an address and its canonical text; the ports of a host are dialled by the same."""
    literal = ip_address(address)
    return literal, str(literal)


def dial_error(error: OSError) -> DialError:
    """Return the typed outcome of a failed connection attempt."""
    return _BY_ERRNO.get(error.errno or 0, Unreachable)(str(error))


class _Gate(asyncio.Protocol, Generic[_Protocol]):
    """Stands where the protocol will until the connected socket's peer is judged."""

    __slots__ = ("_dialled", "_policy", "_protocol", "_protocol_factory", "_refusal")

    def __init__(
        self, protocol_factory: Callable[[], _Protocol], policy: Policy, dialled: str
    ) -> None:
        self._protocol_factory = protocol_factory
        self._policy = policy
        self._dialled = dialled
        self._refusal: Exception | None = None
        self._protocol: _Protocol | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # TCP
        """Let the protocol in, or break the connection off before a byte is written."""
        try:
            self._admit(transport)
        except Exception as error:  # noqa: BLE001 - raised again to whoever dialled
            self._refusal = error
            self._protocol = None
            transport.abort()

    def _admit(self, transport: asyncio.Transport) -> None:
        peer: tuple[str, int] | None = transport.get_extra_info("peername")
        if peer is None:
            raise _gone()
        # Nearly always the address that was dialled, which needs no parsing again.
        address = _parsed(peer[0])[0] if peer[0] == self._dialled else ip_address(peer[0])
        denial = self._policy.denial_for(address)
        if denial is not None:
            raise Denied(counted(denial))
        self._protocol = protocol = self._protocol_factory()
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    @property
    def protocol(self) -> _Protocol:
        """The protocol that was let in; when none was, raises why."""
        if self._protocol is None:
            raise self._refusal or _gone()
        return self._protocol


def _gone() -> Reset:
    return Reset("the connection was gone before it could be used")


async def connect(
    protocol_factory: Callable[[], _Protocol],
    address: str,
    port: int,
    *,
    policy: Policy,
    timeout_s: float,
) -> tuple[asyncio.Transport, _Protocol]:
    """Connect a protocol to an address literal; raises a DialError."""
    literal, text = _parsed(address)
    denial = policy.denial_for(literal)
    if denial is not None:
        raise Denied(counted(denial))
    gate = _Gate(protocol_factory, policy, text)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport, _ = await loop.create_connection(lambda: gate, text, port)
    except TimeoutError as error:
        raise Filtered(f"{address} port {port} did not answer in {timeout_s} s") from error
    except OSError as error:
        raise dial_error(error) from error
    return transport, gate.protocol
