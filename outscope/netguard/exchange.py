"""Asks one name's questions of one resolver after another and keeps the best that comes back.

An answer counts whenever it comes, also when another resolver has been asked meanwhile; a failure
ends only the round of the resolver it came from. A resolver that failed a question is not asked it
again; one that was silent or unreachable is.
"""

import asyncio
from typing import Final

from outscope.netguard.answer import ResolveStatus
from outscope.netguard.chain import failure_of
from outscope.netguard.udp import UdpChannel
from outscope.netguard.wire import MalformedMessage, Response, response_of

# Of several failures the one reported: what a resolver said before what none said.
_TELLING: Final = (
    ResolveStatus.UNREACHABLE,
    ResolveStatus.TIMEOUT,
    ResolveStatus.MALFORMED,
    ResolveStatus.REFUSED,
    ResolveStatus.SERVFAIL,
)
_SILENCE: Final = frozenset({ResolveStatus.UNREACHABLE, ResolveStatus.TIMEOUT})


class Exchange:
    """The questions of one name: which are answered, which failed and how, which are open."""

    def __init__(self, questions: tuple[bytes, ...], loop: asyncio.AbstractEventLoop) -> None:
        self.answers: dict[bytes, tuple[Response, str]] = {}
        self.truncated: set[bytes] = set()
        self._questions = questions
        self._loop = loop
        self._failures: dict[bytes, ResolveStatus] = {}
        self._failed_at: set[tuple[bytes, str]] = set()
        self._open: set[bytes] = set()
        self._current = ""  # the resolver of the present round
        self._asked: list[tuple[UdpChannel, int]] = []
        self._wake: asyncio.Future[None] | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every question is answered."""
        return len(self.answers) == len(self._questions)

    @property
    def is_untold(self) -> bool:
        """Whether no resolver has said anything about what is unanswered."""
        open_questions = (each for each in self._questions if each not in self.answers)
        return all(self.failure(question) in _SILENCE for question in open_questions)

    def unanswered(self, server: str) -> tuple[bytes, ...]:
        """Return the questions that this resolver may still answer."""
        if not self.answers and not self._failed_at:
            return self._questions
        return tuple(
            question
            for question in self._questions
            if question not in self.answers and (question, server) not in self._failed_at
        )

    def ask(self, channel: UdpChannel, questions: tuple[bytes, ...]) -> None:
        """Begin a round: send these questions."""
        self._current = channel.server
        self.truncated.clear()
        self._open.update(questions)
        for question in questions:
            self._asked.append((channel, channel.ask(question, self)))

    async def wait(self, timeout_s: float) -> None:
        """Wait until the round has nothing left to come; what stays silent counts as a timeout."""
        if self._open:
            self._wake = self._loop.create_future()
            timer = self._loop.call_later(timeout_s, self._ring)
            try:
                await self._wake
            finally:
                timer.cancel()
                self._wake = None
        for question in self._open:
            self.fail(question, ResolveStatus.TIMEOUT)
        self._open.clear()

    def forget(self) -> None:
        """Stop listening for answers."""
        for channel, message_id in self._asked:
            channel.forget(message_id, self)

    def failure(self, question: bytes) -> ResolveStatus:
        """Return how a question that has no answer failed."""
        return self._failures.get(question, ResolveStatus.TIMEOUT)

    def fail(self, question: bytes, status: ResolveStatus, server: str | None = None) -> None:
        """Record a failure; `server` names the resolver not to be asked this again."""
        known = self._failures.get(question, status)
        self._failures[question] = max(known, status, key=_TELLING.index)
        if server is not None:
            self._failed_at.add((question, server))

    def read(self, question: bytes, message: bytes, server: str) -> None:
        """Record what a message says about its question."""
        try:
            response = response_of(message, question)
        except MalformedMessage:
            self.fail(question, ResolveStatus.MALFORMED, server)
            return
        failure = failure_of(response)
        if response.truncated:
            if server == self._current:
                self.truncated.add(question)
        elif failure is not None:
            self.fail(question, failure, server)
        else:
            self.answers.setdefault(question, (response, server))

    def receive(self, question: bytes, message: bytes, server: str) -> None:
        """Take a matching message from a channel."""
        self.read(question, message, server)
        if question in self.answers or server == self._current:
            self._settle(question)

    def note_garbage(self, question: bytes) -> None:
        """Remember that something unreadable came; go on waiting for the answer."""
        self.fail(question, ResolveStatus.MALFORMED)

    def note_unreachable(self, question: bytes, server: str) -> None:
        """End the round for a question that cannot be sent."""
        if question not in self.answers:
            self.fail(question, ResolveStatus.UNREACHABLE)
        if server == self._current:
            self._settle(question)

    def _settle(self, question: bytes) -> None:
        self._open.discard(question)
        if not self._open:
            self._ring()

    def _ring(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
