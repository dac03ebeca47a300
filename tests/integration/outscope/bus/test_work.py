"""The worker against a real NATS server."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import nats
import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.consume import Message
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM, Durable, jobs
from outscope.bus.work import GiveBack, Terms, Unfinished, Worker
from tests.backends import nats_process

ACK_WAIT_S = 1.0
PATIENCE_S = 10.0


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with connect_bus(nats_url, "test") as connected:
        await connected.ensure_streams()
        yield connected


@pytest.fixture
def durable() -> Durable:
    """A durable of this test alone, with a short ack time and two deliveries."""
    name = f"work-{secrets.token_hex(4)}"
    return Durable(
        name=name,
        stream=JOBS_STREAM.name,
        subject=jobs(name),
        ack_wait_s=ACK_WAIT_S,
        max_deliver=2,
    )


async def publish(bus: Bus, durable: Durable, count: int) -> list[int]:
    return [await bus.publish(durable.subject, str(number).encode()) for number in range(count)]


async def until_empty(bus: Bus, durable: Durable) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await bus.backlog(durable):
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(("lasting", "quick_ones_wait"), [(3, False), (2, True)])
async def test_what_takes_long_gives_its_place_back_while_there_are_others_for_it(
    bus: Bus, durable: Durable, *, lasting: int, quick_ones_wait: bool
) -> None:
    seen: list[bytes] = []
    at_once: list[int] = []
    end = asyncio.Event()

    async def task(message: Message) -> None:
        at_once.append(worker.in_flight)
        if int(message.payload) < 5:
            await end.wait()
        seen.append(message.payload)
        await message.ack()

    await publish(bus, durable, 25)
    terms = Terms(lasting=lasting)
    async with Worker(
        bus, durable, task, concurrency=3, in_progress_every_s=0.3, terms=terms
    ) as worker:
        await asyncio.sleep(2.7)
        # Five take long, and of five places in all none is left; or one is, and nothing waits.
        assert len(seen) == (0 if quick_ones_wait else 20)
        end.set()
        await until_empty(bus, durable)
    assert len(seen) == len(set(seen)) == 25
    assert max(at_once) == 3 + lasting


async def test_every_message_is_worked_on_once_and_never_more_than_n_at_a_time(
    bus: Bus, durable: Durable
) -> None:
    seen: list[bytes] = []
    at_once: list[int] = []

    async def task(message: Message) -> None:
        at_once.append(worker.in_flight)
        seen.append(message.payload)
        await asyncio.sleep(0.01)
        await message.ack()

    await publish(bus, durable, 40)
    async with Worker(bus, durable, task, concurrency=5) as worker:
        await until_empty(bus, durable)
    assert sorted(seen, key=int) == [str(number).encode() for number in range(40)]
    assert max(at_once) == 5


async def test_a_task_longer_than_the_ack_time_is_not_handed_out_again(
    bus: Bus, durable: Durable
) -> None:
    deliveries: list[int] = []

    async def task(message: Message) -> None:
        deliveries.append(message.deliveries)
        await asyncio.sleep(ACK_WAIT_S * 2)
        await message.ack()

    await publish(bus, durable, 1)
    async with Worker(bus, durable, task, concurrency=2, in_progress_every_s=0.3):
        await until_empty(bus, durable)
    assert deliveries == [1]


async def test_a_failed_task_gives_its_message_back_and_leaves_the_others_alone(
    bus: Bus, durable: Durable
) -> None:
    seen: list[tuple[bytes, int]] = []

    async def task(message: Message) -> None:
        seen.append((message.payload, message.deliveries))
        if message.deliveries == 1 and message.payload == b"0":
            raise ValueError("a defect")
        await message.ack()

    await publish(bus, durable, 2)
    async with Worker(bus, durable, task, concurrency=2):
        await until_empty(bus, durable)
    assert sorted(seen) == [(b"0", 1), (b"0", 2), (b"1", 1)]


async def test_a_task_can_ask_for_its_message_to_be_handed_out_later(
    bus: Bus, durable: Durable
) -> None:
    at_s: list[float] = []

    async def task(message: Message) -> None:
        at_s.append(asyncio.get_running_loop().time())
        if message.deliveries == 1:
            raise GiveBack("not now", delay_s=0.4)
        await message.ack()

    await publish(bus, durable, 1)
    async with Worker(bus, durable, task, concurrency=1):
        await until_empty(bus, durable)
    assert 0.4 <= at_s[1] - at_s[0] < ACK_WAIT_S


async def test_a_message_given_back_after_its_last_delivery_is_deleted(
    bus: Bus, durable: Durable
) -> None:
    deliveries: list[int] = []

    async def task(message: Message) -> None:
        deliveries.append(message.deliveries)
        raise GiveBack("never", delay_s=0.01)

    (sequence,) = [
        await bus.publish(durable.subject, b"poison", message_id=f"{durable.name}-poison")
    ]
    async with Worker(bus, durable, task, concurrency=1):
        await until_empty(bus, durable)
    assert deliveries == [1, 2]
    assert not await bus.holds(durable.stream, sequence, f"{durable.name}-poison")


async def test_closing_waits_for_running_tasks_and_starts_no_new_ones(
    bus: Bus, durable: Durable
) -> None:
    started, finished = asyncio.Event(), asyncio.Event()
    seen: list[bytes] = []

    async def task(message: Message) -> None:
        seen.append(message.payload)
        started.set()
        await asyncio.sleep(0.5)
        await message.ack()
        finished.set()

    async with Worker(bus, durable, task, concurrency=1):
        await publish(bus, durable, 3)
        await started.wait()
    assert finished.is_set()
    assert seen == [b"0"]
    async with asyncio.timeout(5):  # nobody waits for an acknowledgement to arrive
        while await bus.backlog(durable) != 2:
            await asyncio.sleep(0.02)


async def test_what_is_not_finished_in_time_is_at_once_another_workers(
    bus: Bus, durable: Durable
) -> None:
    started = asyncio.Event()
    taken: list[tuple[bytes, int]] = []

    async def endless(_: Message) -> None:
        started.set()
        await asyncio.sleep(60)

    async def quick(message: Message) -> None:
        taken.append((message.payload, message.deliveries))
        await message.ack()

    await publish(bus, durable, 1)
    async with Worker(bus, durable, endless, concurrency=1, drain_s=0.1):
        await started.wait()
    left_at_s = asyncio.get_running_loop().time()
    async with Worker(bus, durable, quick, concurrency=1):
        await until_empty(bus, durable)
    assert taken == [(b"0", 2)]
    assert asyncio.get_running_loop().time() - left_at_s < ACK_WAIT_S / 2


async def test_work_goes_on_after_the_server_was_killed_and_started_again(
    durable: Durable, tmp_path: Path
) -> None:
    seen: list[bytes] = []

    async def task(message: Message) -> None:
        seen.append(message.payload)
        await message.ack()

    with nats_process(tmp_path) as server:
        async with (
            connect_bus(server.server.url(), "test") as bus,
            Worker(bus, durable, task, concurrency=3),
        ):
            await publish(bus, durable, 1)
            await until_empty(bus, durable)
            server.kill()
            server.start()
            # What is sent before the loss is noticed is lost with the connection.
            with contextlib.suppress(BusUnavailable):
                await bus.publish(durable.subject, b"during")
            await bus.publish(durable.subject, b"after")
            await until_empty(bus, durable)
    assert seen[0] == b"0"
    assert seen[-1] == b"after"


async def test_nothing_is_held_while_none_may_be_pulled(
    bus: Bus, durable: Durable, nats_url: str
) -> None:
    may_pull, paused = asyncio.Event(), asyncio.Event()
    pauses: list[Callable[[], Awaitable[None]]] = []
    begun: list[bytes] = []
    returned: list[bytes] = []

    async def task(message: Message) -> None:
        begun.append(message.payload)
        await message.ack()

    async def give_back(message: Message, _: Unfinished) -> None:
        returned.append(message.payload)
        await message.ack()

    async def wait_to_pull() -> None:
        if not may_pull.is_set():
            paused.set()
        await may_pull.wait()

    terms = Terms(return_message=give_back, may_pull=wait_to_pull, before_pause=pauses.append)
    may_pull.set()
    async with (
        connect_bus(nats_url, "publisher") as publisher,
        Worker(bus, durable, task, concurrency=1000, terms=terms),
    ):
        publishing = asyncio.create_task(publish(publisher, durable, 300))
        async with asyncio.timeout(PATIENCE_S):
            while not begun:
                await asyncio.sleep(0)
            may_pull.clear()
            await paused.wait()
            while await handed_out(nats_url, durable) == 0:  # and nobody takes it
                await asyncio.sleep(0)
            await pauses[0]()
            await publishing
        await until_nothing_is_out(nats_url, durable)
        assert returned
        assert len(begun) + len(returned) < 300


async def until_nothing_is_out(nats_url: str, durable: Durable) -> None:
    async with asyncio.timeout(ACK_WAIT_S / 2):
        while await handed_out(nats_url, durable):
            await asyncio.sleep(0.02)


async def handed_out(nats_url: str, durable: Durable) -> int:
    """How many messages are with somebody."""
    client = await nats.connect(nats_url)
    told = await client.jetstream().consumer_info(durable.stream, durable.name)
    await client.close()
    return told.num_ack_pending or 0
