"""What the scheduler's tests share: a database with its tables, and a bus with empty streams."""

import asyncio
from collections.abc import AsyncIterator, Callable

import nats
import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from tests.integration.scheduler.auditing import AtRest, system_at_rest

Prepare = Callable[[str], None]

_REMOVED_WITHIN_S = 10.0


@pytest.fixture(scope="session")
def database_template(template_database: Callable[[str, Prepare], str]) -> str:
    def prepare(url: str) -> None:
        asyncio.run(migrate(url))

    return template_database("scheduler", prepare)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with open_database(database_url) as opened:
        yield opened


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    """A connection to the worker's NATS server, emptied of what an earlier test left."""
    client = await nats.connect(nats_url)
    jetstream = client.jetstream()
    for stream in await jetstream.streams_info():
        await jetstream.delete_stream(stream.config.name or "")
    await client.close()
    async with connect_bus(nats_url, "test") as connected:
        await _streams_made(connected)
        yield connected


async def _streams_made(bus: Bus) -> None:
    """Make the streams; the server may still be removing the folders of those just deleted."""
    async with asyncio.timeout(_REMOVED_WITHIN_S):
        while True:
            try:
                await bus.ensure_streams()
            except BusUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


@pytest.fixture
async def at_rest(database: Database, bus: Bus) -> AtRest:
    return await system_at_rest(database, bus)
