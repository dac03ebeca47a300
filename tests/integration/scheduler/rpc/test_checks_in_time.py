"""Calls that must wait for a lock in Postgres: what their callers get, and what is left of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc.aio
import pytest

from outscope.errors import DeadlineExceeded
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, check_service_pb2
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import Caller, eventually, rows

# The beginnings of what these calls ask of Postgres; the loops ask otherwise.
ASKING = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'outscope-scheduler'"
    " AND state = 'active' AND wait_event_type = 'Lock' AND query ~ %s"
)
READ = "^SELECT id, account_id, status"
LIST = "^SELECT \\* FROM \\(\\(SELECT id, account_id"
LATEST = "^\\s+SELECT id FROM checks"
INSERT = "^\\s+WITH new AS"

Awaited = Any  # a call of any method
Call = Callable[[Caller, float | None], Awaited]


def getting(caller: Caller, timeout_s: float | None) -> Awaited:
    request = check_service_pb2.GetCheckRequest(id="chk_01kprq4e00c5s6h9m2t8v4x3za")
    return caller.checks.GetCheck(request, metadata=caller.metadata, timeout=timeout_s)


def listing(caller: Caller, timeout_s: float | None) -> Awaited:
    request = check_service_pb2.ListChecksRequest()
    return caller.checks.ListChecks(request, metadata=caller.metadata, timeout=timeout_s)


def latest(caller: Caller, timeout_s: float | None) -> Awaited:
    request = check_service_pb2.GetLatestCheckRequest(fqdn="example.com")
    return caller.checks.GetLatestCheck(request, metadata=caller.metadata, timeout=timeout_s)


def creating(caller: Caller, timeout_s: float | None) -> Awaited:
    request = check_service_pb2.CreateCheckRequest(spec=check_pb2.CheckSpec(fqdn="example.com"))
    return caller.checks.CreateCheck(request, metadata=caller.metadata, timeout=timeout_s)


CALLS = [(getting, READ), (listing, LIST), (latest, LATEST), (creating, INSERT)]


@pytest.fixture
async def locked(caller: Caller, database: Database) -> AsyncIterator[None]:
    """Nobody reads or writes checks; the caller is known already."""
    await caller.page()
    async with database.transaction() as connection:
        await connection.execute("LOCK TABLE checks IN ACCESS EXCLUSIVE MODE")
        yield


async def is_asking(database: Database, query: str) -> bool:
    return await rows(database, ASKING, query) != [(0,)]


@pytest.mark.parametrize(("call", "query"), CALLS)
async def test_a_call_ends_at_its_deadline_in_postgres_too(
    caller: Caller, database: Database, locked: None, call: Call, query: str
) -> None:
    begun_s = time.monotonic()
    asked = call(caller, 0.8)

    async def asks() -> bool:
        return await is_asking(database, query)

    await eventually(asks, patience_s=0.7)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await asked
    assert isinstance(refusal_from(caught.value), DeadlineExceeded)
    assert 0.7 < time.monotonic() - begun_s < 2
    await asyncio.sleep(0.05)
    assert not await is_asking(database, query)


@pytest.mark.parametrize(("call", "query"), CALLS[:3])
async def test_a_caller_that_hangs_up_costs_postgres_nothing_more(
    caller: Caller, database: Database, locked: None, call: Call, query: str
) -> None:
    asked = call(caller, None)

    async def asks() -> bool:
        return await is_asking(database, query)

    async def asks_no_more() -> bool:
        return not await is_asking(database, query)

    await eventually(asks)
    asked.cancel()
    await eventually(asks_no_more, patience_s=1)


async def test_checks_that_nobody_waits_for_any_more_are_not_stored(
    caller: Caller, database: Database
) -> None:
    async with database.transaction() as connection:
        await connection.execute("LOCK TABLE checks IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(
            *(creating(caller, timeout_s) for timeout_s in (0.4, 0.5, 0.6)),
            return_exceptions=True,
        )
    assert [type(answer) for answer in answers] == [grpc.aio.AioRpcError] * 3
    await asyncio.sleep(0.2)
    assert await rows(database, "SELECT id FROM checks") == []
    await creating(caller, 5)
    assert len(await rows(database, "SELECT id FROM checks")) == 1
