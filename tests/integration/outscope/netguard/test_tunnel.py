"""Plain requests through tunnels, and proxies that open none."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from deploy.local.ports import free_port
from outscope.netguard.tunnel import TunnelConnector

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[str]:
    """Serve connections one by one on a free port; yields the URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def saying(answer: bytes) -> Behaviour:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return say


async def status_through(proxy_url: str, *, timeout_s: float = 5) -> int:
    connector = TunnelConnector(proxy_url, {}, keep_s=0)
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
        session.get("http://127.0.0.2:8000/") as response,
    ):
        return response.status


async def test_what_is_asked_goes_through_the_tunnel_once_it_is_open() -> None:
    heads = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 ")
        await writer.drain()
        with pytest.raises(TimeoutError):  # it waits for the whole head
            await asyncio.wait_for(reader.read(1), 0.05)
        writer.write(b"Here you are\r\nVia: us\r\n\r\n")
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with serving(proxy) as url:
        assert await status_through(url) == 418
    asked, request = heads
    assert asked == b"CONNECT 127.0.0.2:8000 HTTP/1.1\r\nHost: 127.0.0.2:8000\r\n\r\n"
    assert request.startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"SSH-2.0-server\r\n\r\n",
        b"HTTP/1.1 fine\r\n\r\n",
        b"HTTP/1.1 200 " + b"x" * 20_000,
        b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_proxy_that_makes_no_sense_is_a_proxy_that_fails(answer: bytes) -> None:
    async with serving(saying(answer)) as url:
        with pytest.raises(aiohttp.ClientProxyConnectionError):
            await status_through(url)
    with pytest.raises(aiohttp.ClientProxyConnectionError):
        await status_through(f"http://127.0.0.1:{free_port()}")


async def test_a_refusal_is_told_with_its_status() -> None:
    async with serving(saying(b"HTTP/1.1 403 Forbidden\r\n\r\n<html>")) as url:
        with pytest.raises(aiohttp.ClientHttpProxyError) as refused:
            await status_through(url)
    assert refused.value.status == 403


async def test_a_proxy_that_says_nothing_is_waited_for_no_longer_than_may_be() -> None:
    async def proxy(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(proxy) as url:
        with pytest.raises(TimeoutError):
            await status_through(url, timeout_s=0.3)


async def test_nothing_that_is_to_be_encrypted_goes_through_in_plain() -> None:
    connector = TunnelConnector(f"http://127.0.0.1:{free_port()}", {}, keep_s=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(RuntimeError, match="plain http"):
            await session.get("https://127.0.0.2/", ssl=ssl.create_default_context())
