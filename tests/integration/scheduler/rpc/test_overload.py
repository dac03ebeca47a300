"""A Postgres that does not keep up: who comes beyond what can be served is told so at once."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.errors import Refusal
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    make_key,
    probing,
    rows,
    running_scheduler,
)

STILL_S = 1.5


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Have every statement about checks wait for a lock."""
    async with database.transaction() as connection:
        await connection.execute("LOCK TABLE checks IN ACCESS EXCLUSIVE MODE")
        yield


async def timed(call: Awaitable[object]) -> tuple[str, float, Refusal | None]:
    started_s = time.monotonic()
    refusal = None
    try:
        await call
        code = "ok"
    except grpc.aio.AioRpcError as error:
        refusal = refusal_from(error)
        code = refusal.code if refusal is not None else error.code().name
    return code, time.monotonic() - started_s, refusal


def asked(caller: Caller, check_id: str, count: int) -> list[Awaitable[object]]:
    reads = [caller.find(check_id) for _ in range(count)]
    return [*reads, *(caller.create() for _ in range(count))]


async def test_who_comes_while_nothing_moves_is_told_so_within_milliseconds(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url) as address,
        calling(address, key) as caller,
    ):
        check = await caller.create()
        async with held(database):
            early = [asyncio.create_task(timed(each)) for each in asked(caller, check.id, 40)]
            await asyncio.sleep(STILL_S)
            late = await asyncio.gather(*(timed(each) for each in asked(caller, check.id, 100)))
        first = await asyncio.gather(*early)
        assert Counter(code for code, _, _ in late) == {"overloaded": 200}
        assert max(elapsed_s for _, elapsed_s, _ in late) < 1.0
        told = late[0][2]
        assert told is not None
        assert isinstance(told.details["retry_after_s"], int)
        # Whoever was let in was served when it went on.
        assert Counter(code for code, _, _ in first) == {"ok": 80}
        # And nothing of it is left.
        async with probing(bus):
            assert (await caller.watch((await caller.create()).id))[-1].status == (
                check_pb2.CHECK_STATUS_COMPLETED
            )
    assert await rows(database, "SELECT count(*) FROM checks") == [(42,)]


async def test_work_goes_on_while_callers_take_every_connection_they_have(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    """Reads of a locked table take all of theirs; what is pending is recorded all the same."""
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url) as address,
        calling(address, key) as caller,
        probing(bus),
    ):
        check = await caller.create()
        await caller.watch(check.id)
        async with database.transaction() as connection:
            await connection.execute(
                "LOCK TABLE content_samples, webhooks IN ACCESS EXCLUSIVE MODE"
            )
            reads = [asyncio.create_task(timed(caller.find(check.id))) for _ in range(20)]
            await asyncio.sleep(0.3)
            assert (await timed(caller.create()))[0] == "ok"
        codes: Sequence[str] = [code for code, _, _ in await asyncio.gather(*reads)]
    assert set(codes) == {"ok"}


async def test_no_more_calls_are_served_at_once_than_are_set(
    database_url: str, nats_url: str, database: Database, bus: Bus
) -> None:
    key, _, _ = await make_key(database)
    async with (
        running_scheduler(database_url, nats_url, OUTSCOPE_MAX_CALLS="5") as address,
        calling(address, key) as caller,
    ):
        await caller.create()
        async with held(database):
            calls = [asyncio.create_task(timed(caller.create())) for _ in range(5)]
            await asyncio.sleep(0.3)
            code, elapsed_s, _ = await timed(caller.create())
        assert (code, elapsed_s < 0.5) == ("overloaded", True)
        assert {code for code, _, _ in await asyncio.gather(*calls)} == {"ok"}
        assert (await timed(caller.create()))[0] == "ok"


@pytest.mark.parametrize(("most", "expected"), [("0", {"ok"}), ("50", {"ok", "overloaded"})])
async def test_no_more_checks_wait_at_a_vantage_point_than_are_set(
    database_url: str, nats_url: str, database: Database, bus: Bus, most: str, expected: set[str]
) -> None:
    key, _, _ = await make_key(database)
    specs = [check_pb2.CheckSpec(fqdn="a.example")] * 50
    async with (
        running_scheduler(
            database_url, nats_url, OUTSCOPE_MAX_WAITING=most, OUTSCOPE_VANTAGE_POINTS="mars-1"
        ) as address,
        calling(address, key) as caller,
    ):
        # No prober is there: 188 are handed out, the others wait.
        told = [await timed(caller.batch(specs)) for _ in range(10)]
    assert {code for code, _, _ in told} == expected
    refusals = [refusal for _, _, refusal in told if refusal is not None]
    assert {refusal.details["vantage_point"] for refusal in refusals} <= {"mars-1"}
    assert len(refusals) == (0 if most == "0" else 10 - len(await stored(database)) // 50)


async def stored(database: Database) -> list[tuple[object, ...]]:
    return await rows(database, "SELECT id FROM checks")
