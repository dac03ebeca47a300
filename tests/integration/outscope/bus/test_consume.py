import asyncio
import contextlib
import json
import secrets
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import nats
import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.consume import Consumer, Message
from outscope.bus.publish import BusUnavailable
from tests.backends import nats_process


@pytest.fixture
def vantage() -> str:
    return f"test-{secrets.token_hex(4)}"


def handed_out_again(vantage: str) -> subjects.Durable:
    """A durable whose messages are handed out again, as those of the notifier are."""
    return replace(subjects.jobs_consumer(vantage), max_deliver=5)


async def publish(bus: Bus, vantage: str, count: int) -> None:
    await bus.ensure_streams()
    for number in range(count):
        await bus.publish(subjects.jobs(vantage), b"%d" % number)


async def test_a_first_message_is_not_held_back_until_the_batch_is_full(
    nats_url: str, vantage: str
) -> None:
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.consumer(subjects.jobs_consumer(vantage)) as consumer,
    ):
        pulling = asyncio.create_task(consumer.pull(100, 30))
        await asyncio.sleep(0.05)
        await publish(bus, vantage, 1)
        async with asyncio.timeout(5):
            (message,) = await pulling
        assert message.payload == b"0"
        await message.ack()


async def test_nothing_comes_after_the_time_when_there_is_nothing(
    nats_url: str, vantage: str
) -> None:
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.consumer(subjects.jobs_consumer(vantage)) as consumer,
    ):
        assert await consumer.pull(10, 0.1) == []


async def test_no_more_than_the_batch_is_out_at_once(nats_url: str, vantage: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await publish(bus, vantage, 10)
        async with bus.consumer(subjects.jobs_consumer(vantage)) as one:
            mine = await pulled(one, 4)
            await asyncio.sleep(0.1)
            async with bus.consumer(subjects.jobs_consumer(vantage)) as other:
                theirs = await pulled(other, 6)
            assert {each.payload for each in (*mine, *theirs)} == {b"%d" % n for n in range(10)}
            for message in (*mine, *theirs):
                await message.ack()


async def test_a_withdrawn_request_is_handed_nothing_and_the_next_one_is(
    nats_url: str, vantage: str
) -> None:
    durable = subjects.jobs_consumer(vantage)
    async with connect_bus(nats_url, "test") as bus, bus.consumer(durable) as consumer:
        pulling = asyncio.create_task(consumer.pull(10, 30))
        await asyncio.sleep(0.1)
        await consumer.withdraw()
        async with asyncio.timeout(1):
            assert await pulling == []
        await publish(bus, vantage, 2)
        await asyncio.sleep(0.1)
        assert consumer.take_arrived() == []
        async with bus.consumer(durable) as other:
            (theirs,) = await pulled(other, 1)
            assert theirs.deliveries == 1
            await theirs.ack()
        (mine,) = await pulled(consumer, 1)
        assert mine.payload == b"1"
        await mine.ack()


async def test_what_was_handed_out_before_its_request_was_withdrawn_still_arrives(
    nats_url: str, vantage: str
) -> None:
    durable = subjects.jobs_consumer(vantage)
    async with (
        connect_bus(nats_url, "test") as bus,
        connect_bus(nats_url, "publisher") as publisher,
        bus.consumer(durable) as consumer,
    ):
        pulling = asyncio.create_task(consumer.pull(1000, 30))
        await asyncio.sleep(0.1)
        publishing = asyncio.create_task(publish(publisher, vantage, 300))
        arrived = await pulling  # the others follow
        await consumer.withdraw()
        arrived += consumer.take_arrived()
        await publishing
        client = await nats.connect(nats_url)
        told = await client.jetstream().consumer_info(durable.stream, durable.name)
        await client.close()
        assert 0 < len(arrived) < 300
        assert len(arrived) == told.num_ack_pending
        for message in arrived:
            await message.ack()


async def publish_when_back(bus: Bus, vantage: str) -> None:
    for _ in range(5):
        with contextlib.suppress(BusUnavailable):
            return await publish(bus, vantage, 1)
    raise AssertionError("the bus did not come back")


async def pulled(consumer: Consumer, count: int) -> list[Message]:
    messages: list[Message] = []
    while len(messages) < count:
        messages += await consumer.pull(count - len(messages), 5)
    return messages


async def test_a_message_given_back_comes_again_to_another(nats_url: str, vantage: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await publish(bus, vantage, 1)
        async with bus.consumer(handed_out_again(vantage)) as one:
            (message,) = await one.pull(1, 5)
            assert message.deliveries == 1
            await message.nak()
            async with bus.consumer(handed_out_again(vantage)) as other:
                (again,) = await other.pull(1, 5)
                assert (again.payload, again.deliveries) == (b"0", 2)
                await again.ack()


async def test_a_terminated_message_does_not_come_again(nats_url: str, vantage: str) -> None:
    async with connect_bus(nats_url, "test") as bus:
        await publish(bus, vantage, 1)
        async with bus.consumer(subjects.jobs_consumer(vantage)) as consumer:
            (message,) = await consumer.pull(1, 5)
            await message.terminate()
            assert await consumer.pull(1, 0.2) == []


async def test_messages_that_arrived_and_were_not_pulled_are_given_back_at_once(
    nats_url: str, vantage: str
) -> None:
    async with connect_bus(nats_url, "test") as bus:
        async with bus.consumer(handed_out_again(vantage)) as one:
            pulling = asyncio.create_task(one.pull(3, 5))
            await publish(bus, vantage, 1)
            (mine,) = await pulling
            await publish(bus, vantage, 2)
            await asyncio.sleep(0.1)
            await mine.ack()
        async with bus.consumer(handed_out_again(vantage)) as other, asyncio.timeout(5):
            for message in await pulled(other, 2):
                await message.ack()


async def test_what_arrived_can_be_taken_without_another_pull(nats_url: str, vantage: str) -> None:
    async with (
        connect_bus(nats_url, "test") as bus,
        bus.consumer(subjects.jobs_consumer(vantage)) as consumer,
    ):
        pulling = asyncio.create_task(consumer.pull(3, 5))
        await publish(bus, vantage, 3)
        taken = await pulling
        await asyncio.sleep(0.1)
        taken += consumer.take_arrived()
        assert sorted(message.payload for message in taken) == [b"0", b"1", b"2"]
        assert consumer.take_arrived() == []
        for message in taken:
            await message.ack()


async def test_a_job_is_handed_out_once_and_the_bus_tells_that_it_is_lost(
    nats_url: str, vantage: str
) -> None:
    quick = replace(subjects.jobs_consumer(vantage), ack_wait_s=0.5)
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        sequence = await bus.publish(subjects.jobs(vantage), b"job", f"prb_{vantage}-7")
        async with (
            bus.consumer(quick) as consumer,
            bus.consumer(subjects.LOST_JOBS_CONSUMER) as lost,
        ):
            (message,) = await consumer.pull(1, 5)
            assert message.message_id == f"prb_{vantage}-7"
            assert await consumer.pull(1, 1.5) == []
            told = await of_consumer(lost, quick.name)
        assert told["stream_seq"] == sequence
        assert await bus.message_id("JOBS", sequence) == f"prb_{vantage}-7"
        await bus.delete("JOBS", sequence, f"prb_{vantage}-7")
        assert await bus.message_id("JOBS", sequence) is None


async def of_consumer(lost: Consumer, name: str) -> dict[str, Any]:
    """Return the first word of jobs lost that is about this consumer."""
    async with asyncio.timeout(5):
        while True:
            for message in await lost.pull(10, 1):
                await message.ack()
                told: dict[str, Any] = json.loads(message.payload)
                if told["consumer"] == name:
                    return told


async def test_pulling_goes_on_after_the_server_was_killed(tmp_path: Path, vantage: str) -> None:
    with nats_process(tmp_path) as server:
        async with (
            connect_bus(server.server.url(), "test") as bus,
            bus.consumer(subjects.jobs_consumer(vantage)) as consumer,
        ):
            pulling = asyncio.create_task(consumer.pull(10, 60))
            await asyncio.sleep(0.1)
            server.kill()
            server.start()
            assert await pulling == []
            await publish(bus, vantage, 1)
            async with asyncio.timeout(10):
                (message,) = await pulled(consumer, 1)
            assert message.payload == b"0"


async def test_pulling_goes_on_after_the_store_was_deleted(tmp_path: Path, vantage: str) -> None:
    with nats_process(tmp_path) as server:
        async with (
            connect_bus(server.server.url(), "test") as bus,
            bus.consumer(subjects.jobs_consumer(vantage)) as consumer,
        ):
            server.kill()
            shutil.rmtree(tmp_path / "nats" / "jetstream")
            server.start()
            async with asyncio.timeout(20):
                await publish_when_back(bus, vantage)
                (message,) = await pulled(consumer, 1)
            assert message.payload == b"0"
