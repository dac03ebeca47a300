import asyncio

import pytest

from outscope.bus import presence
from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable


async def test_the_last_word_of_each_is_known_and_then_forgotten(
    nats_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "PRESENT_S", 1.0)
    monkeypatch.setattr(presence, "_BUCKET", "presence-of-a-test")
    async with connect_bus(nats_url, "test") as bus:
        assert await bus.present() == {}
        for word in (b"1", b"2"):
            await bus.keep_present("mars-1.a", word)
        await bus.keep_present("mars-1.b", b"3")
        assert await bus.present() == {"mars-1.a": b"2", "mars-1.b": b"3"}
        async with asyncio.timeout(5):
            while await bus.present():
                await asyncio.sleep(0.1)


async def test_while_the_bus_is_away_nobody_is_known(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as closed:
        pass
    with pytest.raises(BusUnavailable):
        await closed.present()
    with pytest.raises(BusUnavailable):
        await closed.keep_present("mars-1.a", b"")
