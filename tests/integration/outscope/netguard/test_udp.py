"""One socket, many questions: what is matched, what is dropped, what an error tells."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator

import dns.flags
import dns.message
import pytest

from outscope.netguard import udp
from outscope.netguard.udp import UdpChannel
from outscope.netguard.wire import RecordType, question_for, wire_name

QUESTION = question_for(wire_name("www.example"), RecordType.A)
SILENCE_S = 0.05


class Notes:
    """Writes down what a channel tells an asker."""

    def __init__(self) -> None:
        self.received: list[tuple[bytes, str]] = []
        self.garbage = 0
        self.unreachable = 0

    def receive(self, question: bytes, message: bytes, server: str) -> None:
        assert question == QUESTION
        self.received.append((message, server))

    def note_garbage(self, question: bytes) -> None:
        assert question == QUESTION
        self.garbage += 1

    def note_unreachable(self, question: bytes, server: str) -> None:
        assert (question, server) == (QUESTION, "there")
        self.unreachable += 1


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A resolver's socket, answered by hand."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        yield sock


Open = Callable[[], UdpChannel]


@pytest.fixture
async def opened(server: socket.socket) -> AsyncIterator[Open]:
    """Open channels towards that socket."""
    channels: list[UdpChannel] = []

    def open_channel() -> UdpChannel:
        loop = asyncio.get_running_loop()
        channels.append(UdpChannel(server.getsockname(), "there", loop))
        return channels[-1]

    yield open_channel
    for channel in channels:
        channel.close()


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(2):
        while not claim():
            await asyncio.sleep(0.001)


async def asked(server: socket.socket) -> tuple[bytes, tuple[str, int]]:
    async with asyncio.timeout(2):
        while True:
            try:
                wire, sender = server.recvfrom(512)
            except BlockingIOError:
                await asyncio.sleep(0.001)
            else:
                return wire, sender


def answer_to(query: bytes) -> bytes:
    return dns.message.make_response(dns.message.from_wire(query)).to_wire()


async def test_an_answer_goes_to_who_asked_and_only_once(
    server: socket.socket, opened: Open
) -> None:
    channel, first, second = opened(), Notes(), Notes()
    channel.ask(QUESTION, first)
    query, sender = await asked(server)
    channel.ask(QUESTION, second)
    await asked(server)
    server.sendto(answer_to(query), sender)
    server.sendto(answer_to(query), sender)
    await until(lambda: first.received)
    await asyncio.sleep(SILENCE_S)
    assert first.received == [(answer_to(query), "there")]
    assert (second.received, second.garbage) == ([], 0)


async def test_a_message_with_the_right_id_and_no_answer_is_garbage_and_the_answer_still_counts(
    server: socket.socket, opened: Open
) -> None:
    channel, notes = opened(), Notes()
    channel.ask(QUESTION, notes)
    query, sender = await asked(server)
    server.sendto(query[:2] + b"\x81\x80" + b"\xff" * 30, sender)
    await until(lambda: notes.garbage)
    server.sendto(answer_to(query), sender)
    await until(lambda: notes.received)
    assert (notes.garbage, len(notes.received)) == (1, 1)


async def test_an_echo_of_our_own_query_is_no_answer(server: socket.socket, opened: Open) -> None:
    channel, notes = opened(), Notes()
    channel.ask(QUESTION, notes)
    query, sender = await asked(server)
    server.sendto(query, sender)
    await asyncio.sleep(SILENCE_S)
    assert (notes.received, notes.garbage) == ([], 0)


async def test_another_sender_is_not_heard(server: socket.socket, opened: Open) -> None:
    channel, notes = opened(), Notes()
    channel.ask(QUESTION, notes)
    query, sender = await asked(server)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(answer_to(query), sender)
    await asyncio.sleep(SILENCE_S)
    assert notes.received == []


async def test_what_is_forgotten_is_not_delivered(server: socket.socket, opened: Open) -> None:
    channel, notes = opened(), Notes()
    message_id = channel.ask(QUESTION, notes)
    query, sender = await asked(server)
    channel.forget(message_id, notes)
    server.sendto(answer_to(query), sender)
    await asyncio.sleep(SILENCE_S)
    assert notes.received == []


async def test_an_id_that_was_answered_and_given_to_another_is_not_forgotten_for_the_first(
    server: socket.socket, opened: Open
) -> None:
    channel, first, second = opened(), Notes(), Notes()
    message_id = channel.ask(QUESTION, first)
    query, sender = await asked(server)
    server.sendto(answer_to(query), sender)
    await until(lambda: first.received)
    channel._ids.append(message_id)  # noqa: SLF001 - as chance has it once in a few thousand
    assert channel.ask(QUESTION, second) == message_id
    channel.forget(message_id, first)
    query, sender = await asked(server)
    server.sendto(answer_to(query), sender)
    await until(lambda: second.received)


async def test_a_port_nobody_listens_on_is_told_to_all_who_wait(
    server: socket.socket, opened: Open
) -> None:
    channel, first, second = opened(), Notes(), Notes()
    server.close()
    channel.ask(QUESTION, first)
    channel.ask(QUESTION, second)
    await until(lambda: first.unreachable and second.unreachable)
    assert channel.is_spent


async def test_a_socket_is_spent_after_its_share_of_questions(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(udp, "MAX_QUESTIONS", 2)
    channel = opened()
    spent = []
    for _ in range(2):
        spent.append(channel.is_spent)
        channel.ask(QUESTION, Notes())
    assert (spent, channel.is_spent) == ([False, False], True)


async def test_a_retired_channel_serves_who_waits_and_then_closes(
    server: socket.socket, opened: Open
) -> None:
    channel, notes = opened(), Notes()
    channel.ask(QUESTION, notes)
    query, sender = await asked(server)
    channel.retire()
    server.sendto(answer_to(query), sender)
    server.sendto(b"\xff" * 20, sender)
    await until(lambda: notes.received)
    await until(lambda: is_closed(sender))


async def test_a_retired_channel_nobody_waits_on_closes_at_once(
    server: socket.socket, opened: Open
) -> None:
    channel, notes = opened(), Notes()
    channel.forget(channel.ask(QUESTION, notes), notes)
    _, sender = await asked(server)
    channel.retire()
    assert is_closed(sender)


def is_closed(address: tuple[str, int]) -> bool:
    """Tell whether a port is free again, so that the socket that had it is closed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind(address)
        except OSError:
            return False
        return True
