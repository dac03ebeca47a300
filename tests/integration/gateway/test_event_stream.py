import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager

from starlette.types import Message

from services.gateway.event_stream import EventStream


async def sent_by(stream: EventStream) -> list[Message]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise NotImplementedError

    await stream({"type": "http", "state": {}}, receive, send)
    return sent


async def test_what_a_stream_holds_is_let_go_when_it_ends() -> None:
    let_go: list[str] = []

    @asynccontextmanager
    async def held() -> AsyncIterator[None]:
        try:
            yield
        finally:
            let_go.append("place")

    async def events() -> AsyncGenerator[bytes, None]:
        try:
            yield b"data: 1\n\n"
            yield b""
            yield b"data: 2\n\n"
        finally:
            let_go.append("events")

    stack = AsyncExitStack()
    await stack.enter_async_context(held())
    told = await stack.enter_async_context(aclosing(events()))
    sent = await sent_by(EventStream(told, stack))
    assert [message.get("body") for message in sent[1:]] == [
        b"retry: 2000\n\n",
        b"data: 1\n\n",
        b"data: 2\n\n",
        b"",
    ]
    assert [message.get("more_body") for message in sent[1:]] == [True, True, True, False]
    assert let_go == ["events", "place"]


async def test_a_stream_ends_when_its_time_is_over() -> None:
    async def events() -> AsyncGenerator[bytes, None]:
        yield b"data: 1\n\n"
        await asyncio.sleep(60)

    stack = AsyncExitStack()
    await stack.enter_async_context(asyncio.timeout(0.1))
    told = await stack.enter_async_context(aclosing(events()))
    async with asyncio.timeout(2):
        sent = await sent_by(EventStream(told, stack))
    assert [message.get("more_body") for message in sent[1:]] == [True, True, False]
