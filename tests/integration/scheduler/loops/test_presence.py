import asyncio

import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import presence
from outscope.v1 import messages_pb2
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import eventually, rows, stop


@pytest.fixture
def vantage_points(database: Database, bus: Bus) -> VantagePoints:
    return VantagePoints(database, bus, ["us-east-1", "eu-west-1"])


def word(name: str) -> bytes:
    return messages_pb2.ProberPresence(vantage_point=name).SerializeToString()


async def test_the_first_configured_one_stays_the_first(
    vantage_points: VantagePoints, database: Database, bus: Bus
) -> None:
    await VantagePoints(database, bus, ["ap-south-1"]).seed()
    await vantage_points.seed()
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1", "ap-south-1"]


async def test_a_prober_that_says_it_is_alive_makes_its_vantage_point_known_to_all(
    vantage_points: VantagePoints, database: Database, bus: Bus
) -> None:
    other = VantagePoints(database, bus, ["us-east-1"])
    running = [
        asyncio.create_task(loop())
        for loop in (vantage_points.listen, vantage_points.note, other.note)
    ]
    await asyncio.sleep(0.1)
    await bus.send(presence("sa-east-1"), word("sa-east-1"))

    async def is_known() -> bool:
        return "sa-east-1" in vantage_points.names and "sa-east-1" in other.names

    await eventually(is_known)
    for task in running:
        await stop(task)
    assert await rows(
        database, "SELECT name FROM vantage_points WHERE last_seen_at IS NOT NULL"
    ) == [("sa-east-1",)]


@pytest.mark.parametrize("payload", [b"\xff", b"", word("a.b"), word("UP"), word("*")])
async def test_a_word_of_no_vantage_point_is_ignored(
    vantage_points: VantagePoints, payload: bytes
) -> None:
    await vantage_points.hear(payload)
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1"]
