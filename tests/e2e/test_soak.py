"""Memory stays where it was, however many checks have passed through."""

import asyncio
import secrets

import psutil
import pytest

from tests.e2e.conftest import Town
from tests.e2e.running import System

MEBIBYTE = 1024 * 1024
SERVICES = ("gateway", "scheduler", "prober", "notifier")


def memory_of(system: System) -> dict[int, int]:
    """Bytes of resident memory of each of our processes."""
    pids = [pid for kind in SERVICES for pid in system.pids(kind)]
    return {pid: psutil.Process(pid).memory_info().rss for pid in pids}


async def complete(system: System, town: Town, count: int) -> None:
    """Send checks in batches of a hundred, half to each vantage point, and wait for the last."""
    run = secrets.token_hex(4)
    for batch in range(count // 100):
        vantage = ("eu-west-1", "us-east-1")[batch % 2]
        names = [f"{run}-{batch}-{item}.town.test" for item in range(100)]
        spec = {"ports": [town.http, town.https], "vantage_point": vantage}
        await system.create_persistently([{"fqdn": name, **spec} for name in names])
    while (await system.call("GET", "/v1/checks?status=pending&limit=1"))[1]["data"]:
        await asyncio.sleep(1)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_memory_is_flat_over_ten_thousand_checks(system: System, town: Town) -> None:
    await complete(system, town, 4_000)
    before = memory_of(system)
    await complete(system, town, 10_000)
    after = memory_of(system)
    assert after.keys() == before.keys(), "a process was replaced on the way"
    grown = {pid: (after[pid] - before[pid]) / MEBIBYTE for pid in before}
    assert max(grown.values()) < 16, grown
    assert [each["status"] async for each in system.all_checks()].count("completed") >= 14_000
