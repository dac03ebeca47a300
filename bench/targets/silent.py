"""Targets that never answer: the system takes connections for sockets that nobody accepts from.

No process serves them and none of ours holds a connection: they cost the side that is measured, and
nobody else.
"""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from bench.targets.names import SILENT_ADDRESSES

# The system may grant less; with all addresses and ports it is enough for any benchmark.
_BACKLOG: Final = 4096


@contextmanager
def silent_listeners(ports: Sequence[int]) -> Iterator[None]:
    """Take connections on these ports of every silent address while the context is open."""
    with ExitStack() as stack:
        for address in SILENT_ADDRESSES:
            for port in ports:
                listener = stack.enter_context(socket.create_server((address, port), backlog=0))
                listener.listen(_BACKLOG)
        yield
