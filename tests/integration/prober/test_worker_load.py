"""How busy a prober is, for whoever scales them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from services.prober.worker import PROBES_IN_WORK
from tests.integration.prober.conftest import Lab
from tests.integration.prober.jobs import job_for, probing
from tests.targets.hostile import silent

PATIENCE_S: Final = 10.0
VANTAGE: Final = "vantage-load"


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with connect_bus(nats_url, "test") as connected:
        await connected.ensure_streams()
        yield connected


def in_work() -> float:
    (metric,) = PROBES_IN_WORK.collect()
    return metric.samples[0].value


async def test_what_is_in_work_is_counted_while_it_is(bus: Bus, lab: Lab) -> None:
    begun = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await silent(reader, writer)

    port = await lab.serve(slow)
    async with probing(bus, lab, VANTAGE, drain_s=0.05), asyncio.timeout(PATIENCE_S):
        await bus.publish(subjects.jobs(VANTAGE), job_for(port).SerializeToString())
        await begun.wait()
        assert in_work() == 1
    assert in_work() == 0
