import asyncio
import contextlib
import signal
import socket

import aiohttp
import pytest
from starlette.types import Receive, Scope, Send

from outscope.config import ConfigError
from services.gateway.server import served


async def answers(_: Scope, receive: Receive, send: Send) -> None:
    del receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def status_of(port: int) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/") as answer,
    ):
        return answer.status


async def test_replicas_share_an_address() -> None:
    async with served(answers, ("127.0.0.1", 0), drain_s=1) as port:
        async with served(answers, ("127.0.0.1", port), drain_s=1) as same:
            assert same == port
            assert [await status_of(port) for _ in range(4)] == [204] * 4
        assert await status_of(port) == 204


async def test_an_address_in_use_is_told_by_name() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"OUTSCOPE_REST_LISTEN=127.0.0.1:{port}"):
            async with served(answers, ("127.0.0.1", port), drain_s=1):
                pass


async def test_ipv6_is_an_address_too() -> None:
    async with served(answers, ("::1", 0), drain_s=1) as port:
        _, writer = await asyncio.open_connection("::1", port)
        writer.close()


async def test_a_request_that_had_arrived_is_answered_at_the_end() -> None:
    begun = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        await asyncio.sleep(0.4)
        await answers(scope, receive, send)

    async with served(slow, ("127.0.0.1", 0), drain_s=5) as port:
        asked = asyncio.create_task(status_of(port))
        await begun.wait()
    assert await asked == 204


async def test_a_connection_that_waits_for_nothing_delays_no_end() -> None:
    async with contextlib.AsyncExitStack() as stack:
        async with served(answers, ("127.0.0.1", 0), drain_s=30) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
        async with asyncio.timeout(1):
            assert await reader.read() == b""


async def test_a_request_that_never_ends_is_given_up_in_time() -> None:
    begun = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive, send
        begun.set()
        await asyncio.Event().wait()

    loop = asyncio.get_running_loop()
    async with served(endless, ("127.0.0.1", 0), drain_s=1) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await begun.wait()
        closed_s = loop.time()
    writer.close()
    assert loop.time() - closed_s < 3


async def test_signals_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with served(answers, ("127.0.0.1", 0), drain_s=1):
        assert signal.getsignal(signal.SIGTERM) is before
