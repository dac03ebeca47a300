"""A rolling upgrade: each process of a running system ends in good order and another takes over.

The callers are as a client should be: a connection that breaks and a 503 with Retry-After are tried
again under the same idempotency key, and nothing else is.
"""

import asyncio
import os
import secrets
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.e2e.conftest import Town
from tests.e2e.running import System, running_system

# In the order in which they are upgraded.
ROLES = ("scheduler", "prober", "notifier", "gateway")
ROLLED_WITHIN_S = 60.0
ENDED_WITHIN_S = 60.0


@pytest.fixture
def two_of_each(town: Town, tmp_path: Path) -> Iterator[System]:
    options = ["--schedulers=2", "--gateways=2", "--notifiers=2", "--vantage=eu-west-1:2"]
    world = [f"--resolver=127.0.0.1:{town.dns}", "--allow-net=127.0.0.0/8"]
    with running_system(tmp_path, *options, *world, f"--ca-file={town.ca_file}") as system:
        yield system


class Callers:
    """Create checks and read them all the time; remember what was accepted and what was wrong."""

    def __init__(self, system: System, port: int) -> None:
        self.accepted: list[str] = []
        self.wrong: list[str] = []
        self.again: Counter[str] = Counter()
        self._system = system
        self._port = port
        self._is_over = asyncio.Event()

    def stop(self) -> None:
        self._is_over.set()

    async def run(self) -> None:
        headers = {"x-api-key": self._system.api_key}
        async with aiohttp.ClientSession(self._system.rest, headers=headers) as session:
            await asyncio.gather(*(self._call(session) for _ in range(2)))

    async def _call(self, session: aiohttp.ClientSession) -> None:
        while not self._is_over.is_set():
            fqdn = f"{secrets.token_hex(4)}.town.test"
            body = {"fqdn": fqdn, "ports": [self._port], "discovery": "off"}
            made = await self._answered(session, "POST", "/v1/check", body)
            self.accepted.append(made["id"])
            await self._answered(session, "GET", f"/v1/check/{made['id']}")
            await asyncio.sleep(0.2)

    async def _answered(
        self, session: aiohttp.ClientSession, method: str, path: str, body: object = None
    ) -> dict[str, str]:
        key = {"Idempotency-Key": secrets.token_hex(8)} if method == "POST" else {}
        while True:
            try:
                async with session.request(method, path, json=body, headers=key) as answer:
                    if answer.status < 300:
                        found: dict[str, str] = await answer.json()
                        return found
                    self._note(method, answer, await answer.text())
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
                self.again[type(error).__name__] += 1
            await asyncio.sleep(0.1)

    def _note(self, method: str, answer: aiohttp.ClientResponse, said: str) -> None:
        self.again[str(answer.status)] += 1
        if answer.status != 503 or "Retry-After" not in answer.headers:
            self.wrong.append(f"{method}: {answer.status} {said}")


async def replace(system: System, role: str, pid: int) -> None:
    """End a process as an upgrade does, and return when another is there and ready."""
    before = set(system.pids(role))
    process = psutil.Process(pid)
    os.kill(pid, signal.SIGTERM)
    async with asyncio.timeout(ROLLED_WITHIN_S), aiohttp.ClientSession() as session:
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.05)
        while not (new := set(system.pids(role)) - before):
            await asyncio.sleep(0.05)
        health = psutil.Process(new.pop()).environ()["OUTSCOPE_HEALTH_LISTEN"]
        while not await is_ready(session, health):
            await asyncio.sleep(0.05)


async def is_ready(session: aiohttp.ClientSession, health: str) -> bool:
    try:
        async with session.get(f"http://{health}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientConnectionError:
        return False


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_while_each_service_is_replaced_no_check_is_lost_and_callers_meet_no_error(
    two_of_each: System, town: Town
) -> None:
    system, callers = two_of_each, Callers(two_of_each, town.http)
    running = asyncio.create_task(callers.run())
    await asyncio.sleep(2)
    replaced = []
    for role in ROLES:
        for pid in system.pids(role):
            await replace(system, role, pid)
            replaced.append(role)
    await asyncio.sleep(2)
    callers.stop()
    await running
    assert replaced == [role for role in ROLES for _ in range(2)]
    assert callers.wrong == []
    assert len(callers.accepted) > 20
    for check_id in callers.accepted:
        ended = await system.ended(check_id, within_s=ENDED_WITHIN_S)
        assert ended["status"] == "completed", ended["failure"]
    stored = [each["id"] async for each in system.all_checks()]
    assert sorted(stored) == sorted(callers.accepted)  # none lost, none made twice
