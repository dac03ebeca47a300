import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Consumer, Message
from outscope.errors import Unavailable
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.loops import ingest as ingesting_messages
from services.scheduler.loops.ingest import Ingest
from services.scheduler.store.database import Database, StatementTimeout
from services.scheduler.translate.report import UndecodableError
from tests.integration.scheduler.driving import eventually, stop

Record = Callable[[Sequence[str]], Awaitable[None]]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingesting_messages, "_PAUSE_S", 0.05)
    monkeypatch.setattr(ingesting_messages, "_MAX_PAUSE_S", 0.2)


def decode(payload: bytes) -> str:
    if payload.startswith(b"!"):
        raise UndecodableError("not a word")
    return payload.decode()


@asynccontextmanager
async def ingesting(bus: Bus, record: Record) -> AsyncIterator[list[UnusableMessage]]:
    """Record what is told; yields what was set aside so far."""
    letters: list[UnusableMessage] = []

    async def set_aside(message: UnusableMessage) -> None:
        letters.append(message)

    async with bus.consumer(subjects.REPORTS_CONSUMER):
        pass  # it exists from here on, so that its backlog can be asked for
    ingest = Ingest(bus, subjects.REPORTS_CONSUMER, decode, record, set_aside)
    running = asyncio.create_task(ingest.run())
    try:
        yield letters
    finally:
        await stop(running)


async def nothing_is_set_aside(message: UnusableMessage) -> None:
    pytest.fail(f"set aside: {message}")


async def tell(bus: Bus, *words: str) -> None:
    for word in words:
        await bus.publish(subjects.REPORTS, word.encode())


async def pulled(consumer: Consumer, count: int) -> list[Message]:
    messages: list[Message] = []
    async with asyncio.timeout(20):
        while len(messages) < count:
            messages += await consumer.pull(count - len(messages), 5.0)
    return messages


async def nothing_left(bus: Bus) -> None:
    async def is_empty() -> bool:
        return await bus.backlog(subjects.REPORTS_CONSUMER) == 0

    await eventually(is_empty)


async def test_what_is_told_is_recorded_in_batches_and_acknowledged(bus: Bus) -> None:
    batches: list[list[str]] = []

    async def record(told: Sequence[str]) -> None:
        batches.append(list(told))
        await asyncio.sleep(0.1)  # as a commit would take; what arrives meanwhile is the next batch

    await tell(bus, *(str(n) for n in range(450)))
    async with ingesting(bus, record):
        await nothing_left(bus)
    assert [word for batch in batches for word in batch] == [str(n) for n in range(450)]
    # How many have arrived by then is the server's pace: such as 36, 164, 200 and 50.
    assert max(len(batch) for batch in batches) <= 200
    assert len(batches) <= 20


async def test_a_message_nobody_can_read_is_dropped_and_holds_up_nothing(bus: Bus) -> None:
    recorded: list[str] = []

    async def record(told: Sequence[str]) -> None:
        recorded.extend(told)

    await tell(bus, "a", "!garbage", "b")
    async with ingesting(bus, record):
        await nothing_left(bus)
    assert recorded == ["a", "b"]


async def test_while_postgres_is_away_nothing_is_acknowledged_and_all_is_recorded_later(
    bus: Bus,
) -> None:
    recorded: list[str] = []
    is_away = True

    async def record(told: Sequence[str]) -> None:
        if is_away:
            raise Unavailable("away")
        recorded.extend(told)

    await tell(bus, "a", "b")
    async with ingesting(bus, record):
        await asyncio.sleep(0.3)
        assert await bus.backlog(subjects.REPORTS_CONSUMER) == 2
        is_away = False
        await nothing_left(bus)
    assert sorted(recorded) == ["a", "b"]


async def test_one_that_cannot_be_recorded_is_tried_apart_and_set_aside_in_the_end(
    bus: Bus,
) -> None:
    recorded: list[str] = []
    tries = 0

    async def record(told: Sequence[str]) -> None:
        nonlocal tries
        if "poison" in told:
            tries += told == ["poison"]
            raise ValueError("cannot")
        recorded.extend(told)

    await tell(bus, "a", "poison", "b")
    async with ingesting(bus, record) as letters:
        await nothing_left(bus)
    assert sorted(recorded) == ["a", "b"]
    assert tries == 5
    assert letters == [
        UnusableMessage(
            subject=subjects.REPORTS,
            payload=b"poison",
            reason="It could not be recorded: ValueError('cannot')",
        )
    ]


async def test_one_that_cannot_be_read_is_set_aside_at_once(bus: Bus) -> None:
    recorded: list[str] = []

    async def record(told: Sequence[str]) -> None:
        recorded.extend(told)

    await tell(bus, "a", "!", "b")
    async with ingesting(bus, record) as letters:
        await nothing_left(bus)
    assert sorted(recorded) == ["a", "b"]
    assert [(each.payload, each.reason) for each in letters] == [
        (b"!", "It could not be read: not a word")
    ]


async def test_what_was_not_acknowledged_when_a_scheduler_died_is_recorded_by_another(
    bus: Bus,
) -> None:
    recorded: list[str] = []
    is_recording = asyncio.Event()

    async def die(_: Sequence[str]) -> None:
        is_recording.set()
        await asyncio.Event().wait()

    async def record(told: Sequence[str]) -> None:
        recorded.extend(told)

    await tell(bus, "a")
    async with ingesting(bus, die):
        await is_recording.wait()
    assert await bus.backlog(subjects.REPORTS_CONSUMER) == 1
    assert recorded == []


async def test_what_takes_too_long_at_once_is_recorded_in_smaller_parts(
    bus: Bus, database: Database
) -> None:
    recorded: list[str] = []
    sizes: list[int] = []

    async def record(told: Sequence[str]) -> None:
        sizes.append(len(told))
        async with database.transaction() as connection:
            await connection.execute("SET LOCAL statement_timeout = '300ms'")
            await connection.execute("SELECT pg_sleep(%s)", (0.0 if len(told) <= 25 else 5.0,))
        recorded.extend(told)

    words = [str(n) for n in range(200)]
    await tell(bus, *words)
    async with bus.consumer(subjects.REPORTS_CONSUMER) as consumer:
        messages = await pulled(consumer, len(words))
        ingest = Ingest(bus, subjects.REPORTS_CONSUMER, decode, record, nothing_is_set_aside)
        await ingest.ingest(messages)
        await nothing_left(bus)
    assert recorded == words
    assert sizes == [200, 100, 50, 25, 25, 50, 25, 25, 100, 50, 25, 25, 50, 25, 25]


async def test_one_that_alone_takes_too_long_holds_up_no_other_and_is_never_dropped(
    bus: Bus,
) -> None:
    recorded: list[str] = []
    tries = 0

    async def record(told: Sequence[str]) -> None:
        nonlocal tries
        if "slow" in told:
            tries += told == ["slow"]
            if tries < 7:
                raise StatementTimeout("too long")
        recorded.extend(told)

    await tell(bus, "a", "slow", "b")
    async with ingesting(bus, record):
        await nothing_left(bus)
    assert recorded == ["a", "b", "slow"]
    assert tries == 7


async def test_while_the_first_parts_take_long_the_others_are_not_handed_out_again(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = replace(subjects.REPORTS_CONSUMER, ack_wait_s=0.6)
    monkeypatch.setattr(subjects, "REPORTS_CONSUMER", quick)
    recorded: list[str] = []

    async def record(told: Sequence[str]) -> None:
        await asyncio.sleep(0.3)
        if len(told) > 1:
            raise StatementTimeout("too long")
        recorded.extend(told)

    await tell(bus, "a", "b", "c", "d")
    async with ingesting(bus, record):
        await nothing_left(bus)
    assert recorded == ["a", "b", "c", "d"]
