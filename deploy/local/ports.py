"""Picks, checks and reserves loopback TCP ports."""

import contextlib
import errno
import socket

LOOPBACK = "127.0.0.1"


class PortInUseError(Exception):
    """Somebody else listens on a port we were told to use."""


def free_port() -> int:
    """Return a port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def reserve_shared(port: int, option: str) -> socket.socket:
    """Return a bound socket that keeps a port for processes that share it by SO_REUSEPORT.

    It never listens, so it takes no connection; port 0 picks one. PortInUseError names option.
    """
    try:
        with socket.socket() as probe:  # without SO_REUSEPORT: anybody at all there is a conflict
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            chosen = int(probe.getsockname()[1])
    except OSError as error:
        raise _refusal(error, port, option) from error
    reservation = socket.socket()
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(reservation.close)
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reservation.bind((LOOPBACK, chosen))
        on_failure.pop_all()
    return reservation


def _refusal(error: OSError, port: int, option: str) -> PortInUseError:
    if error.errno == errno.EADDRINUSE:
        return PortInUseError(f"port {port} is in use: stop what uses it, or choose with {option}")
    return PortInUseError(f"port {port} cannot be used ({error.strerror}): choose with {option}")
