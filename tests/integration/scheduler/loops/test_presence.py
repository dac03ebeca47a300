import asyncio
from collections.abc import Sequence

import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import presence
from outscope.v1 import messages_pb2
from services.scheduler.loops import presence as presence_loop
from services.scheduler.loops.presence import VantagePoints
from services.scheduler.store.database import Database
from services.scheduler.store.vantage_points import give, note_presence, share
from tests.integration.scheduler.driving import eventually, make_key, rows, stop


@pytest.fixture(autouse=True)
def noting_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence_loop, "_NOTE_EVERY_S", 0.1)


@pytest.fixture
def vantage_points(database: Database, bus: Bus) -> VantagePoints:
    return VantagePoints(database, bus, ["us-east-1", "eu-west-1"])


def word(name: str, *tags: str, prober_id: str = "", owner: str = "") -> bytes:
    return messages_pb2.ProberPresence(
        vantage_point=name, prober_id=prober_id, tags=tags, owner=owner
    ).SerializeToString()


def tags(vantage_points: VantagePoints, name: str) -> Sequence[str]:
    return vantage_points.names[name]


async def hear(vantage_points: VantagePoints, told: bytes) -> None:
    """Have a word come as its sender may send it."""
    name = messages_pb2.ProberPresence.FromString(told).vantage_point
    await vantage_points.hear(presence(name), told)


async def test_the_first_configured_one_stays_the_first(
    vantage_points: VantagePoints, database: Database
) -> None:
    async with database.session() as connection:
        await note_presence(connection, {"ap-south-1": ()})
    await vantage_points.learn()
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1", "ap-south-1"]


async def test_what_was_configured_or_heard_of_long_ago_is_gone(
    vantage_points: VantagePoints, database: Database, bus: Bus
) -> None:
    before = VantagePoints(database, bus, ["old-1"])
    await hear(before, word("old-2"))
    await before.learn()
    assert list(before.names) == ["old-1", "old-2"]
    noting = asyncio.create_task(before.note())

    async def is_noted() -> bool:
        return await rows(database, "SELECT name FROM vantage_points") == [("old-2",)]

    await eventually(is_noted)
    await stop(noting)
    await vantage_points.learn()
    assert "old-2" in vantage_points.names
    await rows(database, "UPDATE vantage_points SET last_seen_at = now() - interval '61 s'")
    for each in (before, vantage_points):
        await each.learn()
    assert list(before.names) == ["old-1"]
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1"]


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
    await vantage_points.hear("presence.up", payload)
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1"]


async def test_a_vantage_point_has_the_tags_that_its_probers_say(
    vantage_points: VantagePoints,
) -> None:
    assert tags(vantage_points, "eu-west-1") == ()
    await hear(vantage_points, word("eu-west-1", "provider:aws", prober_id="a"))
    await hear(vantage_points, word("eu-west-1", "continent:eu", "NO TAG", prober_id="b"))
    assert tags(vantage_points, "eu-west-1") == ("continent:eu", "provider:aws")
    await hear(vantage_points, word("eu-west-1", "provider:gcp", prober_id="a"))
    assert tags(vantage_points, "eu-west-1") == ("continent:eu", "provider:gcp")


async def test_a_prober_that_speaks_for_another_vantage_point_is_ignored(
    vantage_points: VantagePoints,
) -> None:
    await vantage_points.hear(presence("us-east-1"), word("sa-east-1", "continent:sa"))
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1"]
    await vantage_points.hear(presence("us-east-1"), word("eu-west-1", "continent:sa"))
    assert tags(vantage_points, "eu-west-1") == ()


async def test_what_was_given_to_an_account_is_known_to_that_account_alone(
    vantage_points: VantagePoints, database: Database
) -> None:
    _, _, account_id = await make_key(database)
    assert vantage_points.known_to("acc_other") == vantage_points.names
    async with database.session() as connection:
        assert await give(connection, "office-1", account_id)
    await vantage_points.learn()
    public = ["us-east-1", "eu-west-1"]
    assert list(vantage_points.known_to(account_id)) == [*public, "office-1"]
    assert list(vantage_points.known_to("acc_other")) == public
    # Whatever its probers say or leave out.
    await hear(vantage_points, word("office-1", "site:office"))
    assert vantage_points.known_to(account_id)["office-1"] == ("site:office",)
    assert list(vantage_points.known_to("acc_other")) == public
    async with database.session() as connection:
        assert await share(connection, "office-1")
    await vantage_points.learn()
    assert list(vantage_points.known_to("acc_other")) == [*public, "office-1"]


async def test_a_prober_of_one_account_is_not_heard_where_operators_did_not_say_so(
    vantage_points: VantagePoints, database: Database
) -> None:
    _, _, account_id = await make_key(database)
    told = word("office-1", "site:office", owner=account_id)
    await hear(vantage_points, told)
    assert list(vantage_points.names) == ["us-east-1", "eu-west-1"]
    async with database.session() as connection:
        await give(connection, "office-1", account_id)
    await vantage_points.learn()
    await hear(vantage_points, word("office-1", "site:foreign", owner="acc_other"))
    assert tags(vantage_points, "office-1") == ()
    await hear(vantage_points, told)
    assert tags(vantage_points, "office-1") == ("site:office",)
    # Given to another one, it is not believed any more.
    _, _, other_id = await make_key(database)
    async with database.session() as connection:
        await give(connection, "office-1", other_id)
    await vantage_points.learn()
    assert vantage_points.places("office-1") == presence_loop.UNTOLD_PLACES
    assert list(vantage_points.known_to(account_id)) == ["us-east-1", "eu-west-1"]


async def test_tags_outlast_the_probers_of_a_configured_vantage_point(
    vantage_points: VantagePoints, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(vantage_points, word("eu-west-1", "continent:eu"))
    noting = asyncio.create_task(vantage_points.note())

    async def is_noted() -> bool:
        return await rows(database, "SELECT tags FROM vantage_points") == [(["continent:eu"],)]

    await eventually(is_noted)
    await stop(noting)
    monkeypatch.setattr(presence_loop, "_HAS_PLACES_S", -1.0)
    await hear(vantage_points, word("eu-west-1"))  # heard of too long ago
    await rows(database, "UPDATE vantage_points SET last_seen_at = now() - interval '61 s'")
    await vantage_points.learn()
    assert vantage_points.names == {"us-east-1": (), "eu-west-1": ("continent:eu",)}


def prober(prober_id: str, concurrency: int) -> bytes:
    return messages_pb2.ProberPresence(
        vantage_point="us-east-1", prober_id=prober_id, concurrency=concurrency
    ).SerializeToString()


async def test_a_vantage_point_has_the_places_of_its_probers(
    vantage_points: VantagePoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert vantage_points.places("us-east-1") == 200  # nobody was heard of yet
    await hear(vantage_points, prober("p-1", 30))
    await hear(vantage_points, prober("p-1", 30))
    await hear(vantage_points, prober("p-2", 5))
    assert vantage_points.places("us-east-1") == 35
    assert vantage_points.places("eu-west-1") == 200
    await hear(vantage_points, prober("one version older", 0))
    assert vantage_points.places("us-east-1") == 235
    monkeypatch.setattr(presence_loop, "_HAS_PLACES_S", -1.0)
    await hear(vantage_points, prober("p-1", 30))  # heard of too long ago
    assert vantage_points.places("us-east-1") == 205
