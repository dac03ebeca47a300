"""A prober that is added to a running system makes its vantage point known, and takes work."""

import asyncio
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import Town
from tests.e2e.running import REPOSITORY, Json, System, running_system

LISTED_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A vantage point that the system was not told of, and when its prober was started."""

    name: str
    started_s: float


@pytest.fixture
def system(town: Town, tmp_path: Path) -> Iterator[System]:
    """One of its own: a vantage point is known for a while after its prober, and part of all."""
    with running_system(tmp_path / "system", *town.options()) as running:
        yield running


@pytest.fixture
def added(system: System, town: Town, tmp_path: Path) -> Iterator[Added]:
    name = f"new-{secrets.token_hex(4)}"
    settings = {
        "NATS_URL": str(system.first_line["nats"]),
        "VANTAGE_POINT": name,
        "OUTSCOPE_TAGS": f"continent:none,name:{name}",
        "OUTSCOPE_RESOLVERS": f"127.0.0.1:{town.dns}",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
    }
    started_s = time.monotonic()
    with (
        (tmp_path / "prober.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "services.prober"],
            cwd=REPOSITORY,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield Added(name=name, started_s=started_s)
        finally:
            process.kill()


async def listed(system: System, name: str) -> Json | None:
    status, answer = await system.call("GET", "/v1/vantage-points")
    assert status == 200, answer
    return next((each for each in answer["data"] if each["name"] == name), None)


async def test_it_is_listed_in_ten_seconds_and_takes_work(
    system: System, town: Town, added: Added
) -> None:
    async with asyncio.timeout(60):
        while (found := await listed(system, added.name)) is None:
            await asyncio.sleep(0.1)
    took_s = time.monotonic() - added.started_s
    assert took_s < LISTED_WITHIN_S
    assert found["tags"] == ["continent:none", f"name:{added.name}"]
    check_id = await system.create("new.town.test", ports=[town.http], vantage_point=added.name)
    seen = await system.ended(check_id)
    assert seen["status"] == "completed"
    assert seen["observer"]["vantage_point"] == added.name
