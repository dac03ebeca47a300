import asyncio
import secrets
from pathlib import Path

import pytest

from outscope.bus import subjects
from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable, Outgoing
from tests.backends import nats_process


async def test_a_message_id_is_stored_once(nats_url: str) -> None:
    vantage = f"test-{secrets.token_hex(4)}"
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        first = await bus.publish(subjects.jobs(vantage), b"x", f"{vantage}-1")
        assert await bus.publish(subjects.jobs(vantage), b"x", f"{vantage}-1") == first
        assert await bus.publish(subjects.jobs(vantage), b"x", f"{vantage}-2") > first


async def test_many_are_stored_in_order_of_their_answers(nats_url: str) -> None:
    vantage = f"test-{secrets.token_hex(4)}"
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        messages = [Outgoing(subject=subjects.jobs(vantage), payload=b"%d" % n) for n in range(700)]
        sequences = await bus.publish_many(messages)
        assert all(isinstance(each, int) for each in sequences)
        assert len(set(sequences)) == 700


async def test_a_missing_stream_is_made_on_the_way(tmp_path: Path) -> None:
    with nats_process(tmp_path) as server:
        async with connect_bus(server.server.url(), "test") as bus:
            assert await bus.publish(subjects.REPORTS, b"x") == 1


async def test_a_bus_that_is_away_is_told_by_type(tmp_path: Path) -> None:
    with nats_process(tmp_path) as server:
        async with connect_bus(server.server.url(), "test") as bus:
            await bus.ensure_streams()
            server.kill()
            with pytest.raises(BusUnavailable):
                await bus.publish(subjects.REPORTS, b"x")


async def test_a_message_with_an_id_outlives_a_restart_of_the_server(tmp_path: Path) -> None:
    with nats_process(tmp_path) as server:
        async with connect_bus(server.server.url(), "test") as bus:
            await bus.ensure_streams()
            server.kill()
            publishing = asyncio.create_task(bus.publish(subjects.REPORTS, b"x", "prb_1-1"))
            await asyncio.sleep(0.2)
            server.start()
            assert await publishing == 1


async def test_a_message_that_is_too_large_is_told_by_type(nats_url: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        with pytest.raises(BusUnavailable, match="MaxPayload"):
            await bus.publish(subjects.REPORTS, b"x" * (bus.max_payload_bytes + 1))
