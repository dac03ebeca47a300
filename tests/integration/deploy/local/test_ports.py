import socket

import pytest

from deploy.local.ports import LOOPBACK, PortInUseError, free_port, port_of, reserve_shared


def listener(port: int, *, share: bool) -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if share:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        server.bind((LOOPBACK, port))
    except OSError:
        server.close()
        raise
    server.listen()
    return server


def test_a_picked_port_is_no_port_of_outgoing_connections() -> None:
    assert all(port < 32_000 for port in (free_port() for _ in range(20)))


def test_a_port_in_use_is_told_in_one_line_with_the_option_to_change_it() -> None:
    with listener(free_port(), share=False) as taken:
        with pytest.raises(PortInUseError) as refused:
            reserve_shared(port_of(taken), "--rest-port")
        assert str(refused.value) == (
            f"port {port_of(taken)} is in use: stop what uses it, or choose with --rest-port"
        )


def test_a_port_that_somebody_shares_is_in_use_too() -> None:
    with (
        listener(free_port(), share=True) as taken,
        pytest.raises(PortInUseError, match="is in use"),
    ):
        reserve_shared(port_of(taken), "--rest-port")


def test_replicas_share_a_reserved_port_and_others_do_not_get_it() -> None:
    with reserve_shared(0, "--rest-port") as reservation:
        port = port_of(reservation)
        with listener(port, share=True), listener(port, share=True):
            for _ in range(20):  # none is lost to the reservation, which does not listen
                socket.create_connection((LOOPBACK, port), timeout=1).close()
        with pytest.raises(OSError, match="in use"):
            listener(port, share=False)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port), timeout=1)
