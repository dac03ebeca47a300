"""Serves connections by blocking sockets in a thread: for what asyncio's servers cannot do.

They read a client's first bytes before a handler could look at them, and drop the alert of a
failed handshake.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.targets.serve import LOCALHOST

BlockingHandler = Callable[[socket.socket], None]

_PATIENCE_S = 5.0
_TLS_HANDSHAKE = b"\x16"


@contextmanager
def serve_blocking(
    handler: BlockingHandler, *, host: str = LOCALHOST, port: int = 0
) -> Iterator[int]:
    """Serve one connection after another with the handler; yields the port."""
    listener = socket.create_server((host, port))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the context was closed
                return
            connection.settimeout(_PATIENCE_S)
            with connection, contextlib.suppress(OSError):
                handler(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(_PATIENCE_S)


def over_tls(context: ssl.SSLContext, answer: bytes) -> BlockingHandler:
    """Return a server that answers one request over TLS."""

    def handler(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(answer)

    return handler


def by_first_byte(encrypted: BlockingHandler, in_the_clear: bytes) -> BlockingHandler:
    """Return a server that tells TLS from anything else as front ends do, by the first byte."""

    def handler(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == _TLS_HANDSHAKE:
            encrypted(connection)
            return
        connection.recv(65536)
        connection.sendall(in_the_clear)

    return handler
