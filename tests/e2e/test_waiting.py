"""Waiting for a check without asking again and again, through a whole system of two gateways."""

import asyncio
import contextlib
import os
import secrets
import signal
import time
from pathlib import Path

import psycopg

from tests.e2e.conftest import Town
from tests.e2e.raw import Event, requested
from tests.e2e.running import System, running_system

STAGES = ["queued", "started", "dns", "port", "path", "judged", "completed"]
QUERIES = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'outscope-scheduler'"
    " AND state = 'active' AND query LIKE 'SELECT id, account_id, status%'"
)


def a_name() -> str:
    return f"{secrets.token_hex(4)}.town.test"


async def test_one_request_waits_until_the_check_has_ended(system: System, town: Town) -> None:
    check_id = await system.create(a_name(), ports=[town.slow], discovery="off")
    async with requested(system, f"/v1/check/{check_id}?wait=1") as early:
        assert (early.status, (await early.json())["status"]) == (200, "pending")
    begun_s = time.monotonic()
    async with requested(system, f"/v1/check/{check_id}?wait=60") as answer:
        assert (answer.status, (await answer.json())["status"]) == (200, "completed")
        tag = answer.headers["etag"]
    assert time.monotonic() - begun_s < 20
    # Having ended, it is there at once, and only who does not hold it is sent it.
    async with (
        asyncio.timeout(3),
        requested(system, f"/v1/check/{check_id}?wait=60", {"If-None-Match": tag}) as held,
    ):
        assert (held.status, held.headers["etag"]) == (304, tag)


async def test_the_latest_completed_check_of_a_name_is_found(system: System, town: Town) -> None:
    name = a_name()
    async with requested(system, f"/v1/check/latest?fqdn={name}") as none:
        assert none.status == 404
        assert name in (await none.json())["error"]["message"]
    ids = [await system.create(name, ports=[town.http]) for _ in range(2)]
    for check_id in ids:
        await system.ended(check_id)
    async with requested(system, f"/v1/check/latest?fqdn={name.upper()}.") as answer:
        assert (answer.status, (await answer.json())["id"]) == (200, ids[-1])
        assert answer.headers["content-location"] == f"/v1/check/{ids[-1]}"


async def events_of(system: System, check_id: str, after: int = 0) -> list[Event]:
    """Every event of one connection; none when there is nothing left."""
    headers = {"Last-Event-ID": str(after)} if after else {}
    async with requested(system, f"/v1/check/{check_id}/events", headers) as stream:
        if stream.status == 204:
            return []
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        return [event async for event in stream.events()]


async def test_every_stage_is_told_in_order(system: System, town: Town) -> None:
    check_id = await system.create(a_name(), ports=[town.slow], discovery="off")
    events = await events_of(system, check_id)
    assert [event.name for event in events] == STAGES
    ids = [event.id for event in events]
    assert ids == sorted(set(ids))
    shown = await system.check(check_id)
    assert events[-1].content == shown
    assert events[-2].content == shown["analysis"]
    assert events[2].content["a_records"] == ["127.0.0.1"]
    # Who has seen the end is told that there is no more, who has not gets it again.
    assert await events_of(system, check_id, ids[-1]) == []
    assert await events_of(system, check_id, ids[-2]) == [events[-1]]


async def test_a_stream_goes_on_over_gateways_and_schedulers_that_are_killed(
    own_system: System, town: Town
) -> None:
    check_id = await own_system.create(a_name(), ports=[town.slow], discovery="off")
    path = f"/v1/check/{check_id}/events"
    seen: list[Event] = []
    async with requested(own_system, path) as stream, asyncio.timeout(20):
        async for event in stream.events():
            seen.append(event)
            if event.name == "dns":
                for kind in ("gateway", "scheduler"):
                    for pid in own_system.pids(kind):
                        os.kill(pid, signal.SIGKILL)
    assert [event.name for event in seen] == ["queued", "started", "dns"]
    async with asyncio.timeout(60):
        while seen[-1].name != "completed":
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, AssertionError):
                seen += await events_of(own_system, check_id, seen[-1].id)
            await asyncio.sleep(0.1)
    # Nothing twice, and the end; stages as far as somebody was there to hear of them.
    names = [event.name for event in seen]
    assert names == [name for name in STAGES if name in names]
    ids = [event.id for event in seen]
    assert ids == sorted(set(ids))
    for _ in range(4):  # whichever gateway answers
        assert await events_of(own_system, check_id, ids[-1]) == []


async def test_a_gateway_that_is_stopped_ends_its_streams_at_once(
    own_system: System, town: Town
) -> None:
    check_id = await own_system.create(a_name(), ports=[town.slow], discovery="off")
    async with requested(own_system, f"/v1/check/{check_id}/events") as stream:
        events = stream.events()
        first = await anext(events)
        begun_s = time.monotonic()
        for pid in own_system.pids("gateway"):
            os.kill(pid, signal.SIGTERM)
        rest = [event async for event in events]
        assert time.monotonic() - begun_s < 4
    assert first.name == "queued"
    assert "completed" not in [event.name for event in rest]
    async with asyncio.timeout(60):
        while True:
            # Until the gateways are back.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, AssertionError):
                told = await events_of(own_system, check_id)
                break
            await asyncio.sleep(0.1)
    assert told[-1].name == "completed"


async def queries(connection: "psycopg.AsyncConnection[tuple[int]]") -> int:
    cursor = await connection.execute(QUERIES)
    ((count,),) = await cursor.fetchall()
    return count


async def test_a_caller_costs_postgres_nothing_after_its_deadline_or_its_hanging_up(
    town: Town, tmp_path: Path
) -> None:
    gateways = ["--gateways", "2"]
    settings = {"OUTSCOPE_SCHEDULER_DEADLINE": "2"}
    with running_system(tmp_path / "system", *town.options(), *gateways, **settings) as system:
        check_id = await system.create(a_name(), ports=[town.http])
        await system.ended(check_id)
        url = str(system.first_line["postgres"])
        async with (
            await psycopg.AsyncConnection.connect(url, autocommit=True) as watching,
            await psycopg.AsyncConnection.connect(url) as locking,
        ):
            await locking.execute("LOCK TABLE checks IN ACCESS EXCLUSIVE MODE")
            async with requested(system, f"/v1/check/{check_id}", is_answered=False):
                async with asyncio.timeout(1.5):
                    while await queries(watching) == 0:
                        await asyncio.sleep(0.01)
            async with asyncio.timeout(0.5):  # well before the deadline
                while await queries(watching):
                    await asyncio.sleep(0.01)
            begun_s = time.monotonic()
            async with requested(system, f"/v1/check/{check_id}") as late:
                assert late.status == 504
                assert (await late.json())["error"]["code"] == "deadline_exceeded"
            assert 1.5 < time.monotonic() - begun_s < 4
            async with asyncio.timeout(0.5):
                while await queries(watching):
                    await asyncio.sleep(0.01)
            await locking.rollback()
        assert (await system.check(check_id))["status"] == "completed"
