"""Callers that close their connection while their request is being served."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable

import pytest
from starlette.requests import ClientDisconnect

from services.gateway.hang_up import HangUp, until_hung_up
from services.gateway.middleware.measurement import REQUESTS
from tests.integration.gateway.conftest import API_KEY, Gateway
from tests.integration.gateway.recorded import CHECK_ID

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_is_awaited_is_cancelled_and_what_comes_after_is_not_begun() -> None:
    hang_up = HangUp()
    cancelled = asyncio.Event()

    async def serve() -> None:
        async with hang_up.ending():
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.set()
                raise

    serving = asyncio.create_task(serve())
    await asyncio.sleep(0.05)
    hang_up.happen()
    with pytest.raises(ClientDisconnect):
        await serving
    assert cancelled.is_set()
    with pytest.raises(ClientDisconnect):
        await serve()


async def test_a_timeout_of_what_is_served_is_no_hang_up() -> None:
    async def serve() -> None:
        async with HangUp().ending(), asyncio.timeout(0.01):
            await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await serve()


async def test_another_protocol_tells_nothing_of_it() -> None:
    async with until_hung_up({"type": "http"}):
        await asyncio.sleep(0)


def counted(status: int) -> float:
    found = 0.0
    for metric in REQUESTS.collect():
        for sample in metric.samples:
            if sample.labels.get("status") == str(status) and sample.name.endswith("_total"):
                found += sample.value
    return found


async def until(claim: Callable[[], bool], patience_s: float = 3) -> None:
    async with asyncio.timeout(patience_s):
        while not claim():
            await asyncio.sleep(0.005)


async def connected(gateway: Gateway, request: bytes) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(request)
    await writer.drain()
    return writer


async def close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


async def reset(writer: asyncio.StreamWriter) -> None:
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


GET = f"GET /v1/check/{CHECK_ID} HTTP/1.1\r\nHost: a\r\nx-api-key: {API_KEY}\r\n\r\n".encode()


@pytest.mark.parametrize("hang_up", [close, reset])
async def test_the_call_of_a_caller_that_hangs_up_ends_at_once(
    gateway: Gateway,
    hang_up: Callable[[asyncio.StreamWriter], Awaitable[None]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    gateway.scheduler.delay_s = 60
    before = counted(499)
    writer = await connected(gateway, GET)
    await until(lambda: gateway.scheduler.going == 1)
    await hang_up(writer)
    await until(lambda: gateway.scheduler.going == 0)
    await until(lambda: counted(499) == before + 1)
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "WARNING"}]
