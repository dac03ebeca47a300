"""Picks, checks and reserves loopback TCP ports.

Law: picked ports lie below the range the system gives to outgoing connections. While a server is
down, a client that keeps trying to reconnect could otherwise be given that very port as its own
end, and the server would find it taken.
"""

import contextlib
import errno
import secrets
import socket
from typing import Final

from deploy.local.errors import StartError

LOOPBACK: Final = "127.0.0.1"
_PICKED_FROM: Final = range(15_000, 32_000)
_ATTEMPTS: Final = 100


class PortInUseError(StartError):
    """Somebody else listens on a port we were told to use."""


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    for _ in range(_ATTEMPTS):
        port = secrets.choice(_PICKED_FROM)
        with contextlib.suppress(OSError):
            _check_free(port)
            return port
    raise PortInUseError(f"no free port among {_ATTEMPTS} tried")


def reserve_shared(port: int, option: str) -> socket.socket:
    """Return a bound socket that keeps a port for processes that share it by SO_REUSEPORT.

    It never listens, so it takes no connection; port 0 picks one. PortInUseError names option.
    """
    chosen = port or free_port()
    try:
        _check_free(chosen)  # without SO_REUSEPORT: anybody at all there is a conflict
    except OSError as error:
        raise _refusal(error, chosen, option) from error
    with contextlib.ExitStack() as on_failure:
        reservation = on_failure.enter_context(socket.socket())
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind((LOOPBACK, chosen))
        on_failure.pop_all()
    return reservation


def port_of(reservation: socket.socket) -> int:
    """Return the port a socket is bound to."""
    return int(reservation.getsockname()[1])


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))


def _refusal(error: OSError, port: int, option: str) -> PortInUseError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(f"port {port} is in use: stop what uses it, or choose with {option}")
    return PortInUseError(f"port {port} cannot be used ({error.strerror}): choose with {option}")
