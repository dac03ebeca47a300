import asyncio

from outscope.bus import subjects
from outscope.bus.connect import Bus
from services.scheduler.loops.held import delete_from_bus, held_on_bus


async def test_the_bus_tells_what_it_still_holds(bus: Bus) -> None:
    sequences = [
        await bus.publish(subjects.jobs("eu-west-1"), b"job", f"prb_{n}-1") for n in range(40)
    ]
    async with bus.consumer(subjects.jobs_consumer("eu-west-1")) as consumer:
        done, _in_work = await consumer.pull(2, 5.0)
        await done.ack()
        await asyncio.sleep(0.1)
        held = await held_on_bus(
            bus,
            subjects.JOBS_STREAM.name,
            [
                *((sequence, f"prb_{n}-1") for n, sequence in enumerate(sequences)),
                (sequences[5], "prb_5-2"),
                (10**9, "prb_x-1"),
                (None, "prb_y-1"),
            ],
        )
    assert held == [False, *[True] * 39, False, False, False]


async def test_messages_are_deleted_by_their_ids(bus: Bus) -> None:
    stream = subjects.JOBS_STREAM.name
    sequences = [
        await bus.publish(subjects.jobs("eu-west-1"), b"job", f"prb_{n}-1") for n in range(40)
    ]
    unwanted = [(sequence, f"prb_{n}-1") for n, sequence in enumerate(sequences)][:38]
    await delete_from_bus(bus, stream, [*unwanted, (sequences[38], "prb_38-2"), (None, "prb_39-1")])
    placed = [(sequence, f"prb_{n}-1") for n, sequence in enumerate(sequences)]
    assert await held_on_bus(bus, stream, placed) == [False] * 38 + [True] * 2
