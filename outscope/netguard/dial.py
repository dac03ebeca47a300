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

# The ports of a host are dialled by the same text.
_parsed: Final = lru_cache(maxsize=1024)(ip_address)


def dial_error(error: OSError) -> DialError:
    """Return the typed outcome of a failed connection attempt."""
    return _BY_ERRNO.get(error.errno or 0, Unreachable)(str(error))


class _Gate(asyncio.Protocol, Generic[_Protocol]):
    """Stands where the protocol will until the connected socket's peer is judged."""

    def __init__(
        self, protocol_factory: Callable[[], _Protocol], policy: Policy, dialled: IPAddress
    ) -> None:
        self._protocol_factory = protocol_factory
        self._policy = policy
        self._dialled = dialled
        self._refusal: Exception = Reset("the connection was gone before it could be used")
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
            raise self._refusal
        # Nearly always the address that was dialled, which needs no parsing again.
        address = self._dialled if peer[0] == str(self._dialled) else ip_address(peer[0])
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
            raise self._refusal
        return self._protocol


async def connect(
    protocol_factory: Callable[[], _Protocol],
    address: str,
    port: int,
    *,
    policy: Policy,
    timeout_s: float,
) -> tuple[asyncio.Transport, _Protocol]:
    """Connect a protocol to an address literal; raises a DialError."""
    literal = _parsed(address)
    denial = policy.denial_for(literal)
    if denial is not None:
        raise Denied(counted(denial))
    gate = _Gate(protocol_factory, policy, literal)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport, _ = await loop.create_connection(lambda: gate, str(literal), port)
    except TimeoutError as error:
        raise Filtered(f"{address} port {port} did not answer in {timeout_s} s") from error
    except OSError as error:
        raise dial_error(error) from error
    return transport, gate.protocol
