import asyncio
import secrets
from dataclasses import replace

import pytest

from outscope.bus.connect import connect_bus
from outscope.bus.handed_out import NOTHING
from outscope.bus.subjects import Durable, jobs, jobs_consumer


@pytest.fixture
def durable() -> Durable:
    """A durable of this test alone, with a short ack time."""
    return replace(jobs_consumer(f"test-{secrets.token_hex(4)}"), ack_wait_s=0.5)


async def test_what_waits_and_what_is_worked_on_is_not_left_aside(
    nats_url: str, durable: Durable
) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        assert await bus.handed_out(durable) == NOTHING
        sequences = [
            await bus.publish(jobs(durable.name.removeprefix("prober-")), b"job") for _ in range(4)
        ]
        async with bus.consumer(durable) as consumer, bus.hearing_progress(durable) as heard:
            # One acknowledged, one spoken for, one nobody speaks for, one that waits.
            done, kept = [(await consumer.pull(1, 5.0))[0] for _ in range(2)]
            await done.ack()
            told = await bus.handed_out(durable)
            assert (told.up_to, told.left_aside) == (sequences[1], 0)
            await consumer.pull(1, 5.0)
            async with asyncio.timeout(10):
                while (await bus.handed_out(durable)).left_aside != 1:
                    await kept.in_progress()
                    await asyncio.sleep(0.05)
            assert (await bus.handed_out(durable)).up_to == sequences[2]
            assert heard == {sequences[1]}
            await kept.ack()
            # While the acknowledgement is taken in, fewer may be told, and never more.
            async with asyncio.timeout(10):
                while (aside := (await bus.handed_out(durable)).left_aside) != 1:
                    assert aside == 0
