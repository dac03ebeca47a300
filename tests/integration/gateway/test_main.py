"""The process as an orchestrator sees it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from deploy.local.ports import free_port
from outscope.rpc.server import serve
from tests.integration.gateway.conftest import API_KEY
from tests.integration.gateway.recorded import CHECK_ID, RecordedScheduler

READY_WITHIN_S = 20


@asynccontextmanager
async def a_process(**settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.gateway",
        env={**os.environ, **settings},
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_ready(session: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(READY_WITHIN_S):
        while True:
            try:
                async with session.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_told_to_stop_and_answers_what_had_arrived(signum: int) -> None:
    recorded = RecordedScheduler()
    recorded.delay_s = 0.5
    recorded.will_answer(ValueError("late"))
    port = free_port()
    async with (
        serve(("127.0.0.1", 0), recorded.add_to) as rpc,
        a_process(
            OUTSCOPE_REST_LISTEN=f"127.0.0.1:{port}",
            OUTSCOPE_SCHEDULER_ADDRESS=f"127.0.0.1:{rpc.port}",
        ) as process,
        aiohttp.ClientSession(headers={"x-api-key": API_KEY}) as session,
    ):
        url = f"http://127.0.0.1:{port}"
        await until_ready(session, url)
        asked = asyncio.ensure_future(session.get(f"{url}/v1/check/{CHECK_ID}"))
        while not recorded.asked:
            await asyncio.sleep(0.01)
        process.send_signal(signum)
        assert (await asked).status == 500
        _, log = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode == 0
    assert b'"event": "stopped"' in log
    assert log.count(b"Traceback") == 1


async def test_a_setting_that_cannot_be_used_is_told_in_one_line() -> None:
    async with a_process(OUTSCOPE_REST_LISTEN="nowhere") as process:
        _, log = await asyncio.wait_for(process.communicate(), READY_WITHIN_S)
        assert process.returncode == 78
    assert log.decode().strip() == "gateway: OUTSCOPE_REST_LISTEN='nowhere' must be HOST:PORT"
