"""A prober says that it is alive, on a real bus."""

import asyncio

from outscope import VERSION
from outscope.bus import subjects
from outscope.bus.connect import connect_bus
from outscope.v1 import messages_pb2
from services.prober.fitness import Fitness
from services.prober.presence import Presence, tell_presence
from services.prober.pulse import Pulse


async def away() -> str | None:
    return "away"


async def test_presence_is_told_again_and_again(nats_url: str) -> None:
    told: asyncio.Queue[bytes] = asyncio.Queue()
    fitness = Fitness({"canary": away}, Pulse())
    await fitness.confirm()
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.subscription(subjects.PRESENCE_ALL, told.put),
    ):
        telling = asyncio.create_task(
            tell_presence(
                bus,
                Presence(
                    vantage_point="mars-1",
                    prober_id="host.example-1",
                    has_ipv6=True,
                    concurrency=70,
                    tags=("continent:eu", "provider:aws"),
                    owner="acc_1",
                ),
                fitness,
                every_s=0.01,
            )
        )
        async with asyncio.timeout(5):
            messages = [await told.get() for _ in range(3)]
        words = await bus.present()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    presence = messages_pb2.ProberPresence.FromString(messages[-1])
    assert presence.vantage_point == "mars-1"
    assert presence.prober_id == "host.example-1"
    assert presence.has_ipv6
    assert [(each.part, each.reason) for each in presence.unfit] == [("canary", "away")]
    kept = [messages_pb2.ProberPresence.FromString(word) for word in words.values()]
    assert kept.count(presence) == 1
    assert presence.version == VERSION
    assert presence.concurrency == 70
    assert presence.owner == "acc_1"
    assert list(presence.tags) == ["continent:eu", "provider:aws"]
