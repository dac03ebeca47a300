"""WatchCheck over a real server: what is sent, in which order, and what an ended one leaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import grpc.aio
import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import progress
from outscope.errors import NotFound, RateLimited
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, facts_pb2, messages_pb2, progress_pb2
from outscope.v1.check_service_pb2 import CancelCheckRequest, WatchCheckRequest, WatchCheckResponse
from services.scheduler.rpc import watching as module
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    PATIENCE_S,
    Caller,
    calling,
    completed,
    eventually,
    probing,
    rows,
    running_scheduler,
)
from tests.integration.scheduler.rpc.conftest import Account

PENDING = check_pb2.CHECK_STATUS_PENDING
COMPLETED = check_pb2.CHECK_STATUS_COMPLETED
STAGES = [
    progress_pb2.Stage(started=progress_pb2.Started(vantage_point="eu-west-1", attempt=1)),
    progress_pb2.Stage(dns=facts_pb2.DnsFacts(a_records=["192.0.2.1"])),
    progress_pb2.Stage(port=facts_pb2.PortFacts(port=443)),
]


class Stream:
    """One call of WatchCheck, read response by response."""

    def __init__(
        self, caller: Caller, check_id: str, *, is_told_all: bool = True, after: int = 0
    ) -> None:
        request = WatchCheckRequest(id=check_id, progress=is_told_all, after=after)
        self._call = caller.checks.WatchCheck(request, metadata=caller.metadata, timeout=PATIENCE_S)
        self._responses = aiter(self._call)

    async def next(self) -> WatchCheckResponse:
        async with asyncio.timeout(5):
            return await anext(self._responses)

    async def rest(self) -> list[WatchCheckResponse]:
        async with asyncio.timeout(5):
            return [response async for response in self._responses]

    def hang_up(self) -> None:
        self._call.cancel()


async def tell(bus: Bus, check_id: str, count: int, *, attempt: int = 1, delivery: int = 1) -> None:
    """Play the prober: so many stages of an attempt have happened."""
    message = messages_pb2.ProbeProgress(
        check_id=check_id, attempt=attempt, delivery=delivery, stages=STAGES[:count]
    )
    await bus.send(progress(check_id), message.SerializeToString())


async def test_stages_come_as_they_happen_and_then_the_end(caller: Caller, bus: Bus) -> None:
    check = await caller.create()
    stream = Stream(caller, check.id)
    first = await stream.next()
    assert (first.check.status, first.event_id) == (PENDING, 10_000)
    await tell(bus, check.id, 1)
    assert await stream.next() == WatchCheckResponse(event_id=11_001, stage=STAGES[0])
    # A message that was lost costs nothing: the next one has all of it, and nothing comes twice.
    await tell(bus, check.id, 3)
    assert [(await stream.next()).event_id for _ in range(2)] == [11_002, 11_003]
    async with probing(bus):
        (last,) = await stream.rest()
    assert (last.check.status, last.event_id) == (COMPLETED, 19_999)


async def test_who_asks_for_no_stages_is_sent_none(caller: Caller, bus: Bus) -> None:
    check = await caller.create()
    stream = Stream(caller, check.id, is_told_all=False)
    assert (await stream.next()).check.status == PENDING
    await tell(bus, check.id, 3)
    await asyncio.sleep(0.1)
    async with probing(bus):
        (last,) = await stream.rest()
    assert last.check.status == COMPLETED


async def test_of_several_vantage_points_no_stage_is_told(caller: Caller, bus: Bus) -> None:
    check = await caller.create(vantage_points=["eu-west-1", "us-east-1"])
    stream = Stream(caller, check.id)
    assert (await stream.next()).check.status == PENDING
    await tell(bus, check.id, 3)
    await asyncio.sleep(0.1)
    async with probing(bus), probing(bus, "us-east-1"):
        (last,) = await stream.rest()
    assert (last.check.status, last.event_id) == (COMPLETED, 19_999)
    assert [view.status for view in last.check.vantages] == [COMPLETED, COMPLETED]


async def test_a_stream_goes_on_after_what_was_seen(caller: Caller, bus: Bus) -> None:
    check = await caller.create()
    stream = Stream(caller, check.id, after=11_002)
    assert await stream.next() == WatchCheckResponse()
    await tell(bus, check.id, 3)
    assert (await stream.next()).event_id == 11_003
    async with probing(bus):
        (last,) = await stream.rest()
    assert last.event_id == 19_999
    # The end once, and nothing after it.
    assert await Stream(caller, check.id, after=19_999).rest() == []
    again = await Stream(caller, check.id, after=11_003).rest()
    assert again == [last]


async def test_another_scheduler_goes_on_where_the_first_one_was(
    caller: Caller, account: Account, bus: Bus, database_url: str, nats_url: str
) -> None:
    check = await caller.create()
    first = Stream(caller, check.id)
    await first.next()
    await tell(bus, check.id, 2)
    seen = [(await first.next()).event_id for _ in range(2)]
    first.hang_up()
    async with (
        running_scheduler(database_url, nats_url) as other,
        calling(other, account.key) as calls,
    ):
        second = Stream(calls, check.id, after=seen[-1])
        assert await second.next() == WatchCheckResponse()
        await tell(bus, check.id, 3)
        assert (await second.next()).event_id == 11_003
        async with probing(bus):
            (last,) = await second.rest()
    assert last.event_id == 19_999


async def test_a_job_that_is_handed_out_anew_is_told_anew(
    caller: Caller, database: Database, bus: Bus
) -> None:
    check = await caller.create()
    stream = Stream(caller, check.id)
    await stream.next()
    await tell(bus, check.id, 3)
    assert [(await stream.next()).event_id for _ in range(3)] == [11_001, 11_002, 11_003]
    await tell(bus, check.id, 1, delivery=2)
    assert await stream.next() == WatchCheckResponse(event_id=12_001, stage=STAGES[0])
    stream.hang_up()
    resumed = Stream(caller, check.id, after=12_001)
    await resumed.next()
    await rows(database, "UPDATE probes SET attempt = 2, state = 'queued', due_at = now()")
    requeued = await resumed.next()
    assert (requeued.check.status, requeued.event_id) == (PENDING, 20_000)
    # The attempt that was lost has no more to say.
    await tell(bus, check.id, 3)
    await tell(bus, check.id, 1, attempt=2)
    assert (await resumed.next()).event_id == 21_001
    async with probing(bus):
        (last,) = await resumed.rest()
    assert (last.check.status, last.event_id) == (COMPLETED, 29_999)


async def test_a_check_that_has_ended_is_sent_once(caller: Caller, bus: Bus) -> None:
    check = await caller.create()
    await caller.checks.CancelCheck(CancelCheckRequest(id=check.id), metadata=caller.metadata)
    (only,) = await Stream(caller, check.id).rest()
    assert only.check.status == check_pb2.CHECK_STATUS_CANCELLED


async def test_the_check_of_somebody_else_is_not_watched(caller: Caller, stranger: Caller) -> None:
    check = await caller.create()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await Stream(stranger, check.id).next()
    assert isinstance(refusal_from(caught.value), NotFound)


@asynccontextmanager
async def noting(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[module.Watching]]:
    """Yield the parts that serve streams, as they are made."""
    made: list[module.Watching] = []
    init = module.Watching.__init__

    def noted(self: module.Watching, **parts: object) -> None:
        init(self, **parts)  # type: ignore[arg-type]  # as it was called
        made.append(self)

    monkeypatch.setattr(module.Watching, "__init__", noted)
    yield made


async def until_published(database: Database) -> None:
    """Return when the bus listens for replies, as it does from its first message on."""

    async def is_noted() -> bool:
        noted = await rows(database, "SELECT stream_sequence IS NOT NULL FROM probes")
        return noted == [(True,)]

    await eventually(is_noted)


async def test_nothing_is_left_of_streams_whose_callers_hung_up(
    database: Database,
    database_url: str,
    nats_url: str,
    bus: Bus,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        noting(monkeypatch) as made,
        running_scheduler(database_url, nats_url) as address,
        calling(address, account.key) as caller,
    ):
        (watching,) = made
        check = await caller.create()
        await caller.find(check.id)
        await until_published(database)
        before = asyncio.all_tasks()
        streams = [Stream(caller, check.id, is_told_all=bool(number % 2)) for number in range(20)]
        for stream in streams:
            await stream.next()
        assert watching._waiting == {account.id: 20}  # noqa: SLF001 - what must not grow
        # Those of the streams, and whatever the loops beside have begun meanwhile, which ends too.
        begun = asyncio.all_tasks() - before
        assert len(begun) >= 20
        for stream in streams:
            stream.hang_up()

        async def is_nothing_left() -> bool:
            return not (
                watching._waiting  # noqa: SLF001 - as above
                or watching.ends._waiting  # noqa: SLF001 - as above
                or watching.progress._feeds  # noqa: SLF001 - as above
                # One is gRPC's own: each call that comes ends the task that awaited it and begins
                # the one that awaits the next.
                or sum(not task.done() for task in begun) > 1
            )

        await eventually(is_nothing_left, patience_s=3)


async def test_an_account_waits_for_so_many_checks_at_once(
    database_url: str, nats_url: str, bus: Bus, account: Account
) -> None:
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_MAX_WATCHES="2") as address,
        calling(address, account.key) as caller,
    ):
        check, ended = await caller.create(), await caller.create()
        await caller.checks.CancelCheck(CancelCheckRequest(id=ended.id), metadata=caller.metadata)
        held = [Stream(caller, check.id) for _ in range(2)]
        for stream in held:
            await stream.next()
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await Stream(caller, check.id).next()
        refusal = refusal_from(caught.value)
        assert isinstance(refusal, RateLimited)
        assert refusal.details == {"waiting": 2, "retry_after_s": 1}
        # One that has ended is not waited for.
        assert len(await Stream(caller, ended.id).rest()) == 1
        held[0].hang_up()

        async def is_free() -> bool:
            stream = Stream(caller, check.id)
            try:
                await stream.next()
            except grpc.aio.AioRpcError:
                return False
            stream.hang_up()
            return True

        await eventually(is_free, patience_s=3)


async def test_reports_and_streams_of_many_checks_meet(caller: Caller, bus: Bus) -> None:
    created = [await caller.create() for _ in range(30)]
    streams = [asyncio.create_task(Stream(caller, check.id).rest()) for check in created]
    async with probing(bus, outcome=completed):
        told = await asyncio.gather(*streams)
    assert [responses[-1].check.status for responses in told] == [COMPLETED] * 30
    assert {len(responses) for responses in told} <= {1, 2}
