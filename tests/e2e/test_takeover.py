"""A probe that its prober does not finish is another's within 15 seconds, and ends once."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import nats
import pytest

from deploy.local.nats import Nats
from deploy.local.ports import free_port
from outscope.v1 import check_pb2
from tests.backends import ServerProcess, nats_process
from tests.e2e.conftest import Town
from tests.e2e.fleet import TAKEN_WITHIN_S, Fleet, Prober, Wire, fleet_on

# Where the bus does not say that a job is lost.
FOUND_WITHIN_S = 30.0
OFF = {"discovery": check_pb2.DISCOVERY_OFF}


@pytest.fixture
def bus_server(tmp_path: Path) -> Iterator[ServerProcess[Nats]]:
    with nats_process(tmp_path) as server:
        yield server


@pytest.fixture
async def fleet(
    town: Town, bus_server: ServerProcess[Nats], database_url: str, tmp_path: Path
) -> AsyncIterator[Fleet]:
    settings = {
        "OUTSCOPE_RESOLVERS": f"127.0.0.1:{town.dns}",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_CA_FILE": str(town.ca_file),
    }
    async with fleet_on(
        tmp_path, nats_url=bus_server.server.url(), database_url=database_url, settings=settings
    ) as running:
        yield running


async def a_check_in_work(fleet: Fleet, town: Town) -> tuple[str, Prober, Prober]:
    """A check in the hands of a prober, and another prober that has nothing to do."""
    first = await fleet.prober()
    # Two requests, as long as it may take to start a prober on a busy machine.
    check_id = await fleet.check("slow.town.test", town.slow, paths=["/", "/a"], **OFF)
    await fleet.in_work()
    return check_id, first, await fleet.prober()


async def taken_over_after_s(fleet: Fleet, check_id: str, lost_at_s: float) -> float:
    """How long after a moment the second attempt began, which the check was completed by."""
    status, _, _, state, attempt, result = await fleet.ended(check_id)
    assert (status, state, attempt) == ("completed", "completed", 2)
    started = check_pb2.CheckResult.FromString(result).observer.started_at.ToDatetime(UTC)
    return started.timestamp() - lost_at_s


async def assert_ended_once(fleet: Fleet, check_id: str, event: str = "check.completed") -> None:
    assert await fleet.events(check_id) == [event]
    assert await fleet.scheduler.metric("outscope_checks_ended_total") == 1


async def until_ignored(fleet: Fleet, reports: int) -> None:
    """Return when the scheduler has ignored as many reports."""
    async with asyncio.timeout(30):
        while await fleet.scheduler.metric("outscope_reports_ignored_total") < reports:
            await asyncio.sleep(0.1)


@pytest.mark.slow
async def test_the_check_of_a_prober_that_is_killed_is_anothers(fleet: Fleet, town: Town) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    lost_at_s = time.time()
    first.service.kill()
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= TAKEN_WITHIN_S
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_the_check_of_a_prober_that_is_killed_is_anothers_though_the_bus_loses_the_word_of_it(
    fleet: Fleet, town: Town
) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    client = await nats.connect(fleet.nats_url)
    words = (await client.jetstream().stream_info("LOST_JOBS")).config
    await client.jetstream().update_stream(replace(words, subjects=["nowhere"]))
    lost_at_s = time.time()
    first.service.kill()
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= FOUND_WITHIN_S
    told = await client.jetstream().stream_info("LOST_JOBS")
    assert (told.config.subjects, told.state.last_seq) == (["nowhere"], 0)
    await client.close()
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_the_check_of_a_frozen_prober_is_anothers_and_stays_so_when_it_goes_on(
    fleet: Fleet, town: Town
) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    lost_at_s = time.time()
    first.service.send(signal.SIGSTOP)
    async with asyncio.timeout(TAKEN_WITHIN_S):
        while (await fleet.row(check_id))[4] == 1:
            await asyncio.sleep(0.05)
    await fleet.in_work()
    first.service.send(signal.SIGCONT)  # while the other works on it
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= TAKEN_WITHIN_S
    ended = await fleet.row(check_id)
    assert await first.service.metric("outscope_prober_standstills_total") == 1
    await asyncio.sleep(2)
    assert await fleet.row(check_id) == ended
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_jobs_that_a_frozen_prober_is_still_handed_are_anothers_too(
    fleet: Fleet, town: Town
) -> None:
    first = await fleet.prober()
    await asyncio.sleep(1)  # it asks for jobs
    first.service.send(signal.SIGSTOP)
    created_at_s = time.time()
    check_id = await fleet.check("quick.town.test", town.http, **OFF)
    await fleet.in_work()
    await fleet.prober()
    assert 0 < await taken_over_after_s(fleet, check_id, created_at_s) <= TAKEN_WITHIN_S
    first.service.send(signal.SIGCONT)
    await asyncio.sleep(2)
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_the_check_of_a_prober_without_network_is_anothers_and_its_late_report_is_nothing(
    fleet: Fleet, town: Town
) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    lost_at_s = time.time()
    first.wire.cut()
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= TAKEN_WITHIN_S
    ended = await fleet.row(check_id)
    first.wire.mend()
    await until_ignored(fleet, 1)
    assert await fleet.row(check_id) == ended
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_the_check_of_a_prober_that_the_bus_does_not_hear_is_anothers(
    fleet: Fleet, town: Town
) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    lost_at_s = time.time()
    first.wire.silence()
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= TAKEN_WITHIN_S
    ended = await fleet.row(check_id)
    first.wire.mend()
    await until_ignored(fleet, 1)
    assert await fleet.row(check_id) == ended
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_a_job_that_is_handed_into_silence_is_anothers(fleet: Fleet, town: Town) -> None:
    first = await fleet.prober()
    await asyncio.sleep(1)  # it asks for jobs
    first.wire.silence()
    created_at_s = time.time()
    check_id = await fleet.check("quick.town.test", town.http, **OFF)
    await fleet.in_work()
    await fleet.prober()
    assert 0 < await taken_over_after_s(fleet, check_id, created_at_s) <= TAKEN_WITHIN_S
    first.wire.mend()
    await asyncio.sleep(2)
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_a_report_that_comes_while_another_works_on_the_check_is_nothing(
    fleet: Fleet, town: Town
) -> None:
    check_id, first, _ = await a_check_in_work(fleet, town)
    lost_at_s = time.time()
    first.wire.cut()
    async with asyncio.timeout(TAKEN_WITHIN_S):
        while (await fleet.row(check_id))[4] == 1:
            await asyncio.sleep(0.05)
    first.wire.mend()
    await until_ignored(fleet, 1)
    assert (await fleet.row(check_id))[0] == "pending"
    assert 0 < await taken_over_after_s(fleet, check_id, lost_at_s) <= TAKEN_WITHIN_S
    await assert_ended_once(fleet, check_id)


async def waiting_and_in_work(fleet: Fleet, town: Town) -> tuple[list[str], str, Prober]:
    """Checks that wait on the bus for a place, and one in work, with its prober."""
    prober = await fleet.prober(OUTSCOPE_CONCURRENCY="1")
    in_work = await fleet.check("slow.town.test", town.slow, **OFF)
    await fleet.in_work()
    # The bus holds as many jobs as probers have places for: these were there a moment ago.
    (await fleet.prober()).service.kill()
    waiting = [await fleet.check(f"{n}.town.test", town.http, **OFF) for n in range(5)]
    await until_published(fleet, waiting)
    return waiting, in_work, prober


async def until_published(fleet: Fleet, ids: list[str]) -> None:
    """Return when the rows of checks say that their jobs are on the bus."""
    async with asyncio.timeout(10):
        while {(await fleet.row(each))[3] for each in ids} != {"published"}:
            await asyncio.sleep(0.05)


async def assert_all_begun_within(fleet: Fleet, ids: list[str], back_at_s: float) -> None:
    for check_id in ids:
        status, *_, result = await fleet.ended(check_id)
        assert status == "completed"
        started = check_pb2.CheckResult.FromString(result).observer.started_at.ToDatetime(UTC)
        assert started <= datetime.fromtimestamp(back_at_s + TAKEN_WITHIN_S, UTC)
        assert await fleet.events(check_id) == ["check.completed"]
    assert await fleet.scheduler.metric("outscope_checks_ended_total") == len(ids)


@pytest.mark.slow
@pytest.mark.parametrize("is_emptied", [False, True], ids=["restarted", "emptied"])
async def test_a_bus_that_comes_back_with_or_without_what_it_held_costs_no_check(
    fleet: Fleet, town: Town, bus_server: ServerProcess[Nats], *, is_emptied: bool
) -> None:
    waiting, in_work, _ = await waiting_and_in_work(fleet, town)
    bus_server.kill()
    if is_emptied:
        shutil.rmtree(bus_server.server.folder)
    bus_server.start()
    back_at_s = time.time()
    await fleet.prober()
    await assert_all_begun_within(fleet, [*waiting, in_work], back_at_s)


@pytest.mark.slow
async def test_a_bus_that_is_restored_to_an_earlier_moment_costs_no_check_and_ends_none_twice(
    fleet: Fleet, town: Town, bus_server: ServerProcess[Nats], tmp_path: Path
) -> None:
    waiting, in_work, first = await waiting_and_in_work(fleet, town)
    ids, folder, backup = [*waiting, in_work], bus_server.server.folder, tmp_path / "backup"
    bus_server.kill()
    shutil.copytree(folder, backup)
    bus_server.start()
    second = await fleet.prober()
    for check_id in ids:
        assert (await fleet.ended(check_id))[0] == "completed"
    for prober in (first, second):
        prober.service.kill()
    # Their jobs are on the bus that is lost, and on none that comes back.
    since = [await fleet.check(f"since-{n}.town.test", town.http, **OFF) for n in range(5)]
    await until_published(fleet, since)
    bus_server.kill()
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    bus_server.start()
    await fleet.prober()
    later = await fleet.check("later.town.test", town.http, **OFF)
    for check_id in (*since, later):
        assert (await fleet.ended(check_id))[0] == "completed"
    # Those that came back and were never handed out were carried out: their reports are nothing.
    await until_ignored(fleet, len(waiting))
    for check_id in [*ids, *since, later]:
        assert await fleet.events(check_id) == ["check.completed"]
    assert await fleet.scheduler.metric("outscope_checks_ended_total") == len(ids) + 6


@pytest.mark.slow
async def test_after_three_lost_attempts_the_check_has_failed_and_it_is_our_fault(
    fleet: Fleet, town: Town
) -> None:
    prober = await fleet.prober()
    check_id = await fleet.check("slow.town.test", town.slow, **OFF)
    for attempt in (1, 2, 3):
        async with asyncio.timeout(TAKEN_WITHIN_S):
            while (await fleet.row(check_id))[4] != attempt:
                await asyncio.sleep(0.05)
        await fleet.in_work()
        prober.service.kill()
        if attempt < 3:
            prober = await fleet.prober()
    status, reason, owner, state, attempt, _ = await fleet.ended(check_id)
    assert (status, reason, owner) == ("failed", "attempts_exhausted", "ours")
    assert (state, attempt) == ("failed", 3)
    await assert_ended_once(fleet, check_id, "check.failed")
    (letter,) = fleet.operator("deadletters", "list")
    assert letter["check_id"] == check_id
    assert letter["reason"].count("A prober took it and was silent") == 3
    await fleet.prober()
    again = fleet.operator("deadletters", "replay", letter["id"])["replayed_as"]
    assert (await fleet.ended(again))[0] == "completed"
    assert (await fleet.row(check_id))[0] == "failed"
    assert fleet.operator("deadletters", "list") == []


async def test_a_message_that_no_prober_can_read_is_set_aside_and_holds_up_no_check(
    fleet: Fleet, town: Town
) -> None:
    prober = await fleet.prober()
    client = await nats.connect(fleet.nats_url)
    await client.jetstream().publish("jobs.eu-west-1", b"\xff\xff poison")
    await client.close()
    check_id = await fleet.check("quick.town.test", town.http, **OFF)
    assert (await fleet.ended(check_id))[0] == "completed"
    async with asyncio.timeout(10):
        while not (letters := fleet.operator("deadletters", "list")):
            await asyncio.sleep(0.2)
    assert letters[0]["subject"] == "jobs.eu-west-1"
    assert letters[0]["reason"] == "The job could not be read."
    assert prober.service.process.poll() is None
    assert await fleet.scheduler.metric("outscope_dead_letters_total") == 1
    fleet.operator("deadletters", "drop", letters[0]["id"])
    assert fleet.operator("deadletters", "list") == []


@pytest.mark.slow
async def test_a_slow_check_of_a_live_prober_stays_its_own(fleet: Fleet, town: Town) -> None:
    await fleet.prober()
    paths = ["/", "/a", "/b"]
    check_id = await fleet.check("slow.town.test", town.slow, paths=paths, **OFF)
    await fleet.in_work()
    await fleet.prober()
    status, *_, attempt, result = await fleet.ended(check_id)
    assert (status, attempt) == ("completed", 1)
    assert check_pb2.CheckResult.FromString(result).observer.duration_ms > 10_000
    await assert_ended_once(fleet, check_id)


async def until_unready(prober: Prober) -> dict[str, bool]:
    """Return what a prober says it needs, once it is not ready."""
    async with asyncio.timeout(20), aiohttp.ClientSession() as session:
        while True:
            async with session.get(f"{prober.service.health}/readyz") as answer:
                if answer.status == 503:
                    parts: dict[str, bool] = (await answer.json())["dependencies"]
                    return parts
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_the_check_of_a_prober_that_loses_its_network_is_anothers_and_costs_no_attempt(
    fleet: Fleet, town: Town
) -> None:
    canary = Wire(town.http)
    settings = {
        "OUTSCOPE_CANARY": f"127.0.0.1:{await canary.open()}",
        "OUTSCOPE_SELF_TEST_EVERY": "0.5",
    }
    first = await fleet.prober(**settings)
    check_id = await fleet.check("slow.town.test", town.slow, paths=["/", "/a", "/b"], **OFF)
    await fleet.in_work()
    await fleet.prober()  # before the cut: it must find the job first, and alone
    canary.cut()
    await canary.close()
    cut_at_s = time.time()
    assert await until_unready(first) == {"nats": True, "resolver": True, "canary": False}
    assert 0 < await taken_over_after_s(fleet, check_id, cut_at_s) <= TAKEN_WITHIN_S
    assert await fleet.lost_attempts(check_id) == 0
    assert await first.service.metric("outscope_prober_fit") == 1  # of two parts
    await assert_ended_once(fleet, check_id)


@pytest.mark.slow
async def test_where_no_prober_is_fit_a_check_ends_and_says_so(fleet: Fleet, town: Town) -> None:
    await fleet.started_prober(OUTSCOPE_CANARY=f"127.0.0.1:{free_port()}")
    check_id = await fleet.check("quick.town.test", town.http, **OFF)
    status, reason, owner, *_ = await fleet.ended(check_id, within_s=30)
    assert (status, reason, owner) == ("failed", "vantage_unavailable", "ours")
    await assert_ended_once(fleet, check_id, "check.failed")
