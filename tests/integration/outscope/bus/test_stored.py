import secrets

import pytest

from deploy.local.ports import free_port
from outscope.bus.connect import connect_bus
from outscope.bus.publish import BusUnavailable, Outgoing
from outscope.bus.stored import reading_streams
from outscope.bus.subjects import JOBS_STREAM, jobs, jobs_consumer

VANTAGE = "stored-1"


async def test_a_stream_is_read_whole_and_in_order(nats_url: str) -> None:
    # What another test has left in the stream is none of ours.
    run = secrets.token_hex(4).encode()
    payloads = [b"%s %02d" % (run, number) for number in range(100)]
    async with connect_bus(nats_url, "test") as bus:
        await bus.ensure_streams()
        await bus.publish_many(
            [
                Outgoing(subject=jobs(VANTAGE), payload=each, message_id=each.decode())
                for each in payloads
            ]
        )
        async with reading_streams(nats_url, "test") as reader:
            held = list(await reader.messages(JOBS_STREAM.name))
            mine = [each for each in held if each.payload.startswith(run)]
            assert sorted(each.payload for each in mine) == payloads
            assert [each.sequence for each in held] == sorted(each.sequence for each in held)
            # Read, and still there: what is taken and acknowledged afterwards is not.
            async with bus.consumer(jobs_consumer(VANTAGE)) as consumer:
                taken = await consumer.pull(60, 5.0)
                while len(taken) < 60:
                    taken += await consumer.pull(60 - len(taken), 5.0)
                for message in taken:
                    await message.ack()
                await bus.backlog(jobs_consumer(VANTAGE))
                left = [
                    each
                    for each in await reader.messages(JOBS_STREAM.name)
                    if each.payload.startswith(run)
                ]
                assert len(left) == 40
                for message in await consumer.pull(100, 1.0):
                    await message.ack()


async def test_a_stream_that_does_not_exist_holds_nothing_and_is_not_made(nats_url: str) -> None:
    async with reading_streams(nats_url, "test") as reader:
        assert await reader.messages("NONE") == []
        assert await reader.messages("NONE") == []


async def test_a_bus_that_does_not_answer_is_told_at_once() -> None:
    with pytest.raises(BusUnavailable):
        async with reading_streams(f"nats://127.0.0.1:{free_port()}", "test"):
            pass
