"""What is taken of an answer, and after which answers a connection may serve again."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httptools
import pytest

from services.notifier.connection import Connection, ConnectionLost, MalformedAnswer, Reply

REQUEST = (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n", b"{}")
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HINTS = b"HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\nLink: </a>\r\n\r\n"
UPGRADE = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"
KIB = b"x" * 1024
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def connected(*answers: bytes, then_closed: bool = False) -> AsyncIterator[Connection]:
    """Connect to a server that says these one after another, one for each request."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        if not then_closed:
            await reader.read()
        writer.close()

    async with serving(serve) as connection:
        yield connection


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[Connection]:
    """Connect to a server that serves a connection in its way."""
    tasks: list[asyncio.Task[None]] = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await serve(reader, writer)
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(served(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        try:
            yield connection
        finally:
            connection.abort()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0.05)


async def posted(connection: Connection, within_s: float = 3.0) -> Reply:
    """Send a request and return its answer."""
    ends_at_s = asyncio.get_running_loop().time() + within_s
    return await connection.exchange(REQUEST, ends_at_s)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        (FINE, Reply(status_code=200, retry_after=None, body=b"ok")),
        (b"HTTP/1.1 204 None\r\n\r\n", Reply(status_code=204, retry_after=None, body=b"")),
        (HINTS + FINE, Reply(status_code=200, retry_after=None, body=b"ok")),
        (
            b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
            Reply(status_code=200, retry_after=None, body=b"ok"),
        ),
        (
            b"HTTP/1.1 429 Slow\r\nRetry-After:\r\n 60\r\nContent-Length: 0\r\n\r\n",
            Reply(status_code=429, retry_after="60", body=b""),
        ),
        (
            b"HTTP/1.1 429 Slow\r\nretry-AFTER: 120\r\nContent-Length: 0\r\n\r\n",
            Reply(status_code=429, retry_after="120", body=b""),
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            Reply(status_code=200, retry_after=None, body=b"ok"),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + KIB,
            Reply(status_code=200, retry_after=None, body=KIB),
        ),
    ],
)
async def test_after_an_answer_that_came_whole_another_request_may_follow(
    answer: bytes, reply: Reply
) -> None:
    async with connected(answer, FINE) as connection:
        assert await posted(connection) == reply
        assert connection.may_be_reused
        assert (await posted(connection)).body == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n" + KIB,
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + KIB * 2,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        FINE + FINE,
        FINE + b"HTTP/1.1 200",
        FINE + b"nonsense",
        UPGRADE,
    ],
)
async def test_after_any_other_answer_no_request_may_follow(answer: bytes) -> None:
    async with connected(answer) as connection:
        reply = await posted(connection)
        assert reply.status_code == (101 if answer == UPGRADE else 200)
        assert len(reply.body) <= 1024
        assert not connection.may_be_reused


async def test_a_body_that_ends_with_the_connection_is_taken() -> None:
    async with connected(b"HTTP/1.1 200 OK\r\n\r\nok", then_closed=True) as connection:
        reply = await posted(connection)
        assert (reply.status_code, reply.body) == (200, b"ok")
        assert not connection.may_be_reused


async def test_a_body_that_comes_after_its_head_may_begin_with_anything() -> None:
    async def in_two(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"Received")
        await reader.read()

    async with serving(in_two) as connection:
        assert (await posted(connection)).body == b"Received"
        assert connection.may_be_reused


async def test_a_body_that_does_not_end_is_waited_for_briefly_however_late_it_began() -> None:
    async with connected(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") as connection:
        began_s = time.monotonic()
        reply = await posted(connection, within_s=0.5)
        assert (reply.status_code, reply.body) == (200, b"ok")
        assert 0.9 < time.monotonic() - began_s < 3
        assert not connection.may_be_reused


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-", HINTS], ids=["none", "half", "hints"]
)
async def test_a_connection_that_ends_before_an_answer_is_lost(answer: bytes) -> None:
    async with connected(answer, then_closed=True) as connection:
        with pytest.raises(ConnectionLost):
            await posted(connection)
        assert not connection.may_be_reused


@pytest.mark.parametrize(
    "answer",
    [
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"ICE/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n" + FINE,
        b"HTTP/1.1 099 Little\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
        HINTS * 2_000,
    ],
    ids=[
        "smtp",
        "no status",
        "RTSP",
        "ICE",
        "status 0",
        "status 99",
        "headers without end",
        "hints without end",
    ],
)
async def test_what_is_no_answer_is_told_apart(answer: bytes) -> None:
    async with connected(answer) as connection:
        with pytest.raises(MalformedAnswer):
            await posted(connection)
        assert not connection.may_be_reused


@pytest.mark.parametrize(
    "endless", [b"2\r\nok\r\n0\r\nX-Trailer: ", b"2;name="], ids=["trailer", "chunk extension"]
)
async def test_what_stands_around_a_body_is_not_read_without_end(endless: bytes) -> None:
    taken = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + endless)
        while True:
            await writer.drain()
            writer.write(b"x" * 65_536)
            taken += 65_536

    async with serving(pour) as connection:
        began_s = time.monotonic()
        reply = await posted(connection)
        assert reply.status_code == 200
        assert not connection.may_be_reused
        assert time.monotonic() - began_s < 0.8
        connection.abort()
    assert taken < 16 * 1024 * 1024


async def test_a_request_that_is_answered_early_is_sent_to_its_end() -> None:
    came = asyncio.get_running_loop().create_future()
    body = b"x" * 8 * 1024 * 1024

    async def answer_early(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE)
        await asyncio.sleep(0.3)
        writer.write(b"unasked")
        came.set_result(len(await reader.readexactly(len(body))))

    async with serving(answer_early) as connection:
        head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
        ends_at_s = asyncio.get_running_loop().time() + 5
        reply = await connection.exchange((head, body), ends_at_s)
        assert (reply.status_code, reply.body) == (200, b"ok")
        assert not connection.may_be_reused
        connection.close()
        assert await asyncio.wait_for(came, 5) == len(body)


async def test_one_who_answers_and_never_reads_is_not_waited_for_without_end() -> None:
    async def read_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE)
        await asyncio.sleep(3)

    async with serving(read_nothing) as connection:
        began_s = time.monotonic()
        ends_at_s = asyncio.get_running_loop().time() + 1
        body = b"x" * 32 * 1024 * 1024
        head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
        assert (await connection.exchange((head, body), ends_at_s)).status_code == 200
        assert 0.9 < time.monotonic() - began_s < 2
        assert not connection.may_be_reused


async def test_what_arrived_and_was_not_read_yet_is_noticed_before_the_next_request() -> None:
    async def answer_twice(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE)
        await asyncio.sleep(0.05)
        writer.write(FINE)
        # In the same turn of the loop: it has arrived and nobody was told of it.
        seen.set_result(connection.may_be_reused and not connection.is_quiet)
        await reader.read()

    seen = asyncio.get_running_loop().create_future()
    async with serving(answer_twice) as connection:
        await posted(connection)
        assert connection.is_quiet
        assert await seen


async def test_what_comes_unasked_closes_a_connection_that_is_kept() -> None:
    async with connected(FINE) as connection:
        await posted(connection)
        connection.data_received(FINE)
        with pytest.raises(ConnectionLost):
            await posted(connection)


@pytest.mark.parametrize("answer", [b"", HINTS], ids=["none", "hints"])
async def test_an_answer_that_has_not_come_in_time_is_not_waited_for(answer: bytes) -> None:
    async with connected(answer) as connection:
        with pytest.raises(TimeoutError):
            await posted(connection, within_s=0.2)
        assert not connection.may_be_reused


@asynccontextmanager
async def answering_after(*pauses_s: float) -> AsyncIterator[Connection]:
    """Connect to a server that lets so much time pass before each answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for pause_s in pauses_s:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(pause_s)
            writer.write(FINE)
        await reader.read()

    async with serving(serve) as connection:
        yield connection


async def test_a_later_request_has_its_own_time_and_not_what_is_left_of_an_earlier_one() -> None:
    async with answering_after(0, 0.5, 0.5) as connection:
        await posted(connection, within_s=0.3)
        assert (await posted(connection)).status_code == 200
        assert (await posted(connection)).status_code == 200
        assert connection.is_quiet


async def test_a_later_request_that_has_less_time_ends_sooner() -> None:
    async with answering_after(0, 2) as connection:
        await posted(connection, within_s=5)
        began_s = time.monotonic()
        with pytest.raises(TimeoutError):
            await posted(connection, within_s=0.2)
        assert 0.19 < time.monotonic() - began_s < 1
        assert not connection.may_be_reused


async def test_the_time_for_a_body_ends_with_its_answer() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(FINE[:-2])
        await asyncio.sleep(0.2)
        writer.write(FINE[-2:])
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(1.3)
        writer.write(FINE)
        await reader.read()

    async with serving(serve) as connection:
        assert (await posted(connection)).body == b"ok"
        assert (await posted(connection)).body == b"ok"


async def test_what_read_an_answer_is_freed_without_the_collector() -> None:
    def readers() -> int:
        return sum(isinstance(each, httptools.HttpResponseParser) for each in gc.get_objects())

    async with connected(FINE, b"no answer at all") as connection:
        gc.collect()
        gc.disable()
        try:
            before = readers()
            await posted(connection)
            assert readers() == before
            with pytest.raises(MalformedAnswer):
                await posted(connection)
            assert readers() == before
        finally:
            gc.enable()


async def test_a_request_that_is_given_up_leaves_nothing_to_be_reused() -> None:
    async with connected(b"") as connection:
        posting = asyncio.create_task(posted(connection))
        await asyncio.sleep(0.1)
        posting.cancel()
        assert isinstance((await asyncio.gather(posting, return_exceptions=True))[0], BaseException)
        assert not connection.may_be_reused
