"""Endpoints that are slow and succeed leave the notifier to the others."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from tests.e2e.conftest import Town
from tests.e2e.running import System, running_system

SLOW_ENDPOINTS = 10
SLOW_S = 10.0
AT_ONCE = 30
ROUNDS = 4
# A notifier has room for 100 that are quick; more slow ones than that are under way at once.
FULL = 100
# Far below the ten seconds that a place of a slow one would be waited for.
WITHIN_S = 3.0


@dataclass
class Endpoints:
    """One endpoint that answers at once, and many that take ten seconds."""

    port: int = 0
    arrived_at_s: dict[str, float] = field(default_factory=dict)
    under_way: int = 0
    most_under_way: int = 0

    async def good(self, request: web.Request) -> web.Response:
        """Note when an event came first."""
        event = await request.json()
        self.arrived_at_s.setdefault(event["data"]["id"], time.monotonic())
        return web.Response()

    async def slow(self, request: web.Request) -> web.Response:
        """Take long, and succeed."""
        await request.read()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(SLOW_S)
        self.under_way -= 1
        return web.Response()


@pytest.fixture
async def endpoints() -> AsyncIterator[Endpoints]:
    serving = Endpoints()
    app = web.Application()
    app.router.add_post("/good", serving.good)
    app.router.add_post("/slow/{number}", serving.slow)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    serving.port = runner.addresses[0][1]
    try:
        yield serving
    finally:
        await runner.cleanup()


@pytest.fixture
def one_notifier(town: Town, tmp_path: Path) -> Iterator[System]:
    with running_system(tmp_path / "system", *town.options(), OUTSCOPE_DRAIN="1") as running:
        yield running


async def longest_wait_s(system: System, endpoints: Endpoints) -> float:
    """Let checks end that nobody has to be asked for; the longest time to the good endpoint."""
    waits = []
    for _ in range(ROUNDS):
        sent_s = time.monotonic()
        ids = await system.create_persistently([{"fqdn": "inner.town.test"}] * AT_ONCE)
        async with asyncio.timeout(60):
            while not set(ids) <= set(endpoints.arrived_at_s):
                await asyncio.sleep(0.05)
        waits += [endpoints.arrived_at_s[each] - sent_s for each in ids]
    return max(waits)


async def test_ten_slow_endpoints_that_succeed_hold_up_no_other(
    one_notifier: System, endpoints: Endpoints
) -> None:
    async def subscribe(path: str) -> None:
        url = f"http://127.0.0.1:{endpoints.port}/{path}"
        status, _ = await one_notifier.call(
            "POST", "/v1/webhooks", {"url": url, "events": ["check.failed"]}
        )
        assert status == 201

    await subscribe("good")
    alone_s = await longest_wait_s(one_notifier, endpoints)
    for number in range(SLOW_ENDPOINTS):
        await subscribe(f"slow/{number}")
    beside_s = await longest_wait_s(one_notifier, endpoints)
    assert beside_s < alone_s + WITHIN_S
    assert endpoints.most_under_way > FULL
