import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from deploy.local.ports import free_port
from tests.chaos.proxy import Proxy, a_proxy


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(100):
            writer.write(piece)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with a_proxy(port, random.Random(1)) as serving:
        yield serving
    server.close()
    await asyncio.sleep(0.1)  # the echoes see their ends


class Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def answer(self, within_s: float = 5.0) -> bytes:
        self.writer.write(b"hello")
        return await asyncio.wait_for(self.reader.read(100), within_s)


async def call(proxy: Proxy, count: int) -> list[Caller]:
    callers = [
        Caller(*await asyncio.open_connection("127.0.0.1", proxy.port)) for _ in range(count)
    ]
    for caller in callers:
        assert await caller.answer() == b"hello"
    assert proxy.count == count
    return callers


async def end(callers: list[Caller]) -> None:
    for caller in callers:
        caller.writer.close()
        with contextlib.suppress(OSError):
            await caller.writer.wait_closed()


async def test_a_share_of_the_connections_is_cut(proxy: Proxy) -> None:
    callers = await call(proxy, 5)
    assert proxy.cut(0.6) == 3
    told = await asyncio.gather(*(caller.answer() for caller in callers), return_exceptions=True)
    assert sorted(each == b"hello" for each in told) == [False] * 3 + [True] * 2
    await end(callers)


async def test_a_share_is_silent_for_a_while_and_then_goes_on(proxy: Proxy) -> None:
    callers = await call(proxy, 2)
    async with proxy.silenced(0.5) as count:
        assert count == 1
        told = await asyncio.gather(
            *(caller.answer(0.3) for caller in callers), return_exceptions=True
        )
        assert sorted(each == b"hello" for each in told) == [False, True]
    for caller, each in zip(callers, told, strict=True):
        if each != b"hello":
            assert await asyncio.wait_for(caller.reader.read(100), 5) == b"hello"
    await end(callers)


async def test_everything_is_delayed_for_a_while(proxy: Proxy) -> None:
    [caller] = await call(proxy, 1)
    async with proxy.delayed(0.2):
        began = monotonic()
        assert await caller.answer() == b"hello"
        assert monotonic() - began >= 0.4
    began = monotonic()
    assert await caller.answer() == b"hello"
    assert monotonic() - began < 0.4
    await end([caller])


async def test_a_server_that_is_away_is_a_reset() -> None:
    async with a_proxy(free_port(), random.Random(1)) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readexactly(1), 5)
        await end([Caller(reader, writer)])
