"""Replies to many messages that come to one inbox, each to whoever waits for it."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from outscope.bus.replies import Replies
from tests.backends import nats_process

TIMEOUT_S = 0.5
SUBJECT = f"replies-{secrets.token_hex(4)}"
Answer = Callable[[Msg], Awaitable[None]]


@asynccontextmanager
async def answered(url: str, answer: Answer) -> AsyncIterator[Replies]:
    """Ask somebody who answers in this way."""
    server, client = Client(), Client()
    try:
        await server.connect(url)
        await client.connect(url)
        await server.subscribe(SUBJECT, cb=answer)
        await server.flush()
        yield Replies(client, timeout_s=TIMEOUT_S)
    finally:
        await client.close()
        await server.close()


async def test_each_has_its_own_reply_in_whatever_order_they_come(nats_url: str) -> None:
    asked: list[Msg] = []

    async def in_reverse(message: Msg) -> None:
        asked.append(message)
        if len(asked) == 20:
            for each in reversed(asked):
                await each.respond(each.data.upper())

    async with answered(nats_url, in_reverse) as replies:
        questions = [f"q{number}".encode() for number in range(20)]
        answers = await asyncio.gather(*(replies.ask(SUBJECT, each, None) for each in questions))
    assert [each.data for each in answers] == [each.upper() for each in questions]


async def test_one_without_a_reply_is_given_up_and_those_after_it_are_not(nats_url: str) -> None:
    asked = 0

    async def all_but_one(message: Msg) -> None:
        nonlocal asked
        asked += 1
        if message.data != b"silence":
            await asyncio.sleep(TIMEOUT_S * 0.6)
            await message.respond(message.data)

    async with answered(nats_url, all_but_one) as replies:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        silence = asyncio.create_task(replies.ask(SUBJECT, b"silence", None))
        await asyncio.sleep(TIMEOUT_S * 0.6)
        late = asyncio.create_task(replies.ask(SUBJECT, b"late", None))
        with pytest.raises(TimeoutError):
            await silence
        assert TIMEOUT_S - 0.01 <= loop.time() - began_s < TIMEOUT_S * 1.5
        assert (await late).data == b"late"
        # The timer that was left over serves the next that wait.
        for _ in range(2):
            began_s = loop.time()
            with pytest.raises(TimeoutError):
                await replies.ask(SUBJECT, b"silence", None)
            assert loop.time() - began_s >= TIMEOUT_S - 0.01
    assert asked == 4


async def test_a_reply_that_comes_too_late_is_nobody_elses(nats_url: str) -> None:
    waiting: list[Msg] = []

    async def with_the_next(message: Msg) -> None:
        waiting.append(message)
        if len(waiting) == 3:
            for each in waiting:
                await each.respond(each.data)

    async with answered(nats_url, with_the_next) as replies:
        given_up = asyncio.create_task(replies.ask(SUBJECT, b"given up", None))
        with pytest.raises(TimeoutError):
            await replies.ask(SUBJECT, b"too late", None)
        given_up.cancel()
        assert (await replies.ask(SUBJECT, b"in time", None)).data == b"in time"


async def test_a_subject_that_nobody_hears_is_answered_by_the_server(nats_url: str) -> None:
    async def answer(_: Msg) -> None:
        raise AssertionError("nobody asks here")

    async with answered(nats_url, answer) as replies:
        reply = await replies.ask(f"{SUBJECT}.unheard", b"x", {"A": "b"})
    assert (reply.headers or {})["Status"] == "503"


async def test_replies_come_again_when_the_server_does(tmp_path: Path) -> None:
    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    with nats_process(tmp_path) as server:
        async with answered(server.server.url(), answer) as replies:
            assert (await replies.ask(SUBJECT, b"before", None)).data == b"before"
            server.kill()
            server.start()
            async with asyncio.timeout(20):
                while True:
                    try:
                        reply = await replies.ask(SUBJECT, b"after", None)
                    except TimeoutError:
                        continue
                    if reply.data:  # else the one who answers is not back yet
                        break
            assert reply.data == b"after"
