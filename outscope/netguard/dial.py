"""Connects to a stranger's host: the only place that does, and only where the policy allows.

The address given is the address dialled; nothing is resolved here. It is judged before the first
packet, and the connected socket's peer is judged again before a protocol may write or read.
"""

# ruff: noqa: N818 - outcomes of a connection attempt, named as the facts name them

import asyncio
import errno
import socket
from collections.abc import Callable
from ipaddress import ip_address
from typing import Final, TypeVar

from outscope.netguard.policy import Denial, Policy

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


def dial_error(error: OSError) -> DialError:
    """Return the typed outcome of a failed connection attempt."""
    return _BY_ERRNO.get(error.errno or 0, Unreachable)(str(error))


async def connect(
    protocol_factory: Callable[[], _Protocol],
    address: str,
    port: int,
    *,
    policy: Policy,
    timeout_s: float,
) -> tuple[asyncio.Transport, _Protocol]:
    """Connect a protocol to an address literal; raises a DialError."""
    denial = policy.denial_for(ip_address(address))
    if denial is not None:
        raise Denied(denial)
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        async with asyncio.timeout(timeout_s):
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            try:
                await loop.sock_connect(sock, (address, port))
                check_peer(sock, policy)
                return await loop.create_connection(protocol_factory, sock=sock)
            except BaseException:
                sock.close()
                raise
    except TimeoutError as error:
        raise Filtered(f"{address} port {port} did not answer in {timeout_s} s") from error
    except OSError as error:
        raise dial_error(error) from error


def check_peer(sock: socket.socket, policy: Policy) -> None:
    """Judge where a socket is really connected; raises Denied."""
    denial = policy.denial_for(ip_address(sock.getpeername()[0]))
    if denial is not None:
        raise Denied(denial)
