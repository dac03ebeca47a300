"""What a scheduler needs, with real servers that are there, and that are not yet."""

import asyncio
from pathlib import Path

import pytest

from deploy.local.nats import Nats
from deploy.local.ports import free_port
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.subjects import STREAMS
from outscope.rpc.server import serve
from services.scheduler.domain.cursor import KEY_BYTES
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.readiness import Dependencies, prepared
from services.scheduler.store.database import Database, open_database
from tests.backends import ServerProcess


async def test_each_server_is_told_by_itself(database: Database, bus: Bus) -> None:
    dependencies = Dependencies(database)
    nothing = {"grpc": False, "postgres": True, "nats": False}
    assert await dependencies.readiness() == nothing
    dependencies.bus = bus
    assert await dependencies.readiness() == {**nothing, "nats": True}
    async with serve(("127.0.0.1", 0), lambda _: ()) as server:
        dependencies.server = server
        assert (await dependencies.readiness())["grpc"]
        await server.told_ready(is_ready=False)
        assert not (await dependencies.readiness())["grpc"]
    nobody = f"postgresql://127.0.0.1:{free_port()}/none"
    async with open_database(nobody) as away:
        assert await Dependencies(away).readiness() == {
            "grpc": False,
            "postgres": False,
            "nats": False,
        }


@pytest.mark.parametrize("times", [1, 2])
async def test_what_is_missing_is_made_once_and_schedulers_share_a_key(
    database: Database, database_url: str, bus: Bus, times: int
) -> None:
    points = VantagePoints(database, bus, ["eu-west-1"])
    keys = [await prepared(database_url, database, bus, points) for _ in range(times)]
    assert len(set(keys)) == 1
    assert len(keys[0]) == KEY_BYTES
    assert await bus.memory(STREAMS[0].name) is not None


async def test_a_server_that_comes_later_is_waited_for(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    server = ServerProcess(
        Nats(folder=tmp_path / "nats", port=free_port(), password="late"), tmp_path / "nats.log"
    )
    try:
        async with asyncio.timeout(30):
            server.start()
            async with connect_bus(server.server.url(), "test") as bus:
                server.kill()
                points = VantagePoints(database, bus, ["eu-west-1"])
                preparing = asyncio.create_task(prepared(database_url, database, bus, points))
                await asyncio.sleep(1)
                assert not preparing.done()
                await asyncio.to_thread(server.start)
                assert await preparing
                assert await bus.memory(STREAMS[0].name) is not None
    finally:
        server.kill()
