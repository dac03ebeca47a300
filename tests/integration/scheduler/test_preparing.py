import asyncio

from deploy.local.ports import free_port
from outscope.bus.connect import Bus
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.preparing import Dependencies, prepare
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import rows


async def test_every_scheduler_signs_cursors_with_the_same_key(
    database: Database, database_url: str, bus: Bus
) -> None:
    points = VantagePoints(database, bus, ("eu-west-1",))
    first, second = [await prepare(database_url, database, bus, points) for _ in range(2)]
    assert first == second
    assert [(first,)] == await rows(database, "SELECT value FROM secrets WHERE name = 'cursor'")


async def test_a_database_that_does_not_answer_is_waited_for(database: Database, bus: Bus) -> None:
    points = VantagePoints(database, bus, ("eu-west-1",))
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    waiting = asyncio.create_task(prepare(nowhere, database, bus, points))
    done, _ = await asyncio.wait({waiting}, timeout=1.5)
    assert not done
    waiting.cancel()
    await asyncio.wait({waiting})


async def test_each_dependency_is_told_by_itself(database: Database, bus: Bus) -> None:
    dependencies = Dependencies(database)
    assert await dependencies.readiness() == {"postgres": True, "nats": False}
    dependencies.bus = bus
    assert await dependencies.readiness() == {"postgres": True, "nats": True}
