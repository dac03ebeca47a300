"""Carries DNS questions over one connected UDP socket to one resolver and matches what comes back.

The kernel drops what another source sends; id and question must match what was asked. A socket
serves a limited number of questions, so that whoever learns its port learns little.
"""

import asyncio
import secrets
import socket
from array import array
from typing import Final, Protocol

from outscope.netguard.wire import answers_question, message_id_of, query_for

MAX_QUESTIONS: Final = 4096  # per socket
_MAX_DATAGRAM_BYTES: Final = 65535
_DATAGRAMS_PER_TURN: Final = 64  # then other callbacks of the event loop have theirs
_IDS_IN_STOCK: Final = 256
_RECEIVE_BUFFER_BYTES: Final = 1 << 20  # bursts of answers; the kernel may grant less


class Asker(Protocol):
    """Who waits for the answer to a question."""

    def receive(self, question: bytes, message: bytes, server: str) -> None:
        """Take a message whose id and question match."""

    def note_garbage(self, question: bytes) -> None:
        """Learn that a message came with the right id and was no answer; the real one may come."""

    def note_unreachable(self, question: bytes, server: str) -> None:
        """Learn that a resolver cannot be sent to."""


class UdpChannel:
    """One socket and the questions it waits for; sends at once and never blocks."""

    def __init__(
        self, sockaddr: tuple[str, int], server: str, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._loop = loop
        self.server = server
        self._pending: dict[int, tuple[bytes, Asker]] = {}
        self._ids = array("H")  # random, not used yet
        self._asked = 0
        self._retired = False
        family = socket.AF_INET6 if ":" in sockaddr[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            self._socket.connect(sockaddr)
        except OSError:
            self._socket.close()
            raise
        loop.add_reader(self._socket, self._on_readable)

    @property
    def is_spent(self) -> bool:
        """Whether the socket has served its share of questions."""
        return self._asked >= MAX_QUESTIONS

    def ask(self, question: bytes, asker: Asker) -> int:
        """Send a question and return the id by which to forget it."""
        message_id = self._message_id()
        while message_id in self._pending:
            message_id = self._message_id()
        self._pending[message_id] = (question, asker)
        self._asked += 1
        try:
            self._socket.send(query_for(message_id, question))
        except BlockingIOError:
            pass  # the send buffer is full: a lost datagram, and asked again like one
        except OSError:  # the kernel knows already that nobody listens there, or no way leads there
            self._loop.call_soon(self._report_unreachable)
        return message_id

    def _message_id(self) -> int:
        """Return an id nobody can foresee, of a stock: asking the kernel for each is dear."""
        if not self._ids:
            self._ids.frombytes(secrets.token_bytes(_IDS_IN_STOCK * self._ids.itemsize))
        return self._ids.pop()

    def forget(self, message_id: int, asker: Asker) -> None:
        """Stop waiting for an answer; once it has come, its id may be another asker's."""
        waiting = self._pending.get(message_id)
        if waiting is not None and waiting[1] is asker:
            del self._pending[message_id]
        if self._retired and not self._pending:
            self.close()

    def retire(self) -> None:
        """Close as soon as nobody waits any more."""
        self._retired = True
        if not self._pending:
            self.close()

    def close(self) -> None:
        """Close at once; who still waits learns nothing more."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _on_readable(self) -> None:
        for _ in range(_DATAGRAMS_PER_TURN):
            if self._socket.fileno() < 0:  # forgetting the last question closed a retired socket
                return
            try:
                message = self._socket.recv(_MAX_DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:  # an ICMP error that an earlier datagram met
                self._report_unreachable()
                return
            self._dispatch(message)

    def _dispatch(self, message: bytes) -> None:
        message_id = message_id_of(message)
        waiting = None if message_id is None else self._pending.get(message_id)
        if message_id is None or waiting is None:
            return
        question, asker = waiting
        if answers_question(message, question):
            self.forget(message_id, asker)
            asker.receive(question, message, self.server)
        else:
            asker.note_garbage(question)

    def _report_unreachable(self) -> None:
        self._asked = MAX_QUESTIONS  # a socket keeps the route it was made with; try another one
        for question, asker in tuple(self._pending.values()):
            asker.note_unreachable(question, self.server)
