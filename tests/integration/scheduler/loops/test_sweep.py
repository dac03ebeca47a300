import asyncio

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.clock import utc_now
from outscope.failures import FailureReason
from services.scheduler.domain.budget import Budget
from services.scheduler.loops import lost as losing
from services.scheduler.loops.dispatch import Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.lost import LostAttempts
from services.scheduler.loops.sweep import ProbeSweep
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, probing, rows, store
from tests.producing import produces, saw_reason

BUDGET = Budget(host=60, address=600)


def sweep_of(database: Database, bus: Bus) -> ProbeSweep:
    ending = Ending(database, bus, lambda _: None, utc_now)
    dispatcher = Dispatcher(probe_jobs(BUDGET), bus, database)
    lost = LostAttempts(database, bus, dispatcher, ending)
    return ProbeSweep(database, bus, dispatcher, ending, lost, BUDGET)


@pytest.fixture
def sweep(database: Database, bus: Bus) -> ProbeSweep:
    return sweep_of(database, bus)


async def make_due(database: Database) -> None:
    await rows(database, "UPDATE probes SET due_at = now()")


async def probes(database: Database) -> list[tuple[object, ...]]:
    return await rows(database, "SELECT state, attempt, stream_sequence FROM probes ORDER BY id")


async def take_away_jobs(bus: Bus) -> None:
    """Acknowledge what is on the bus, as a prober does whose report is then lost."""
    async with bus.consumer(subjects.jobs_consumer("eu-west-1")) as consumer:
        while messages := await consumer.pull(100, 0.2):
            for message in messages:
                await message.ack()
        await asyncio.sleep(0.1)


async def test_what_was_committed_and_not_published_is_published(
    sweep: ProbeSweep, database: Database, bus: Bus
) -> None:
    await store(database, new_check(), new_check(), grace_s=0)
    await store(database, new_check(), grace_s=60)
    async with probing(bus) as taken:
        await sweep.sweep()
        await asyncio.sleep(0.2)
    assert len(taken) == 2
    assert sorted(str(row[0]) for row in await probes(database)) == [
        "published",
        "published",
        "queued",
    ]


async def test_schedulers_side_by_side_publish_each_job_once(database: Database, bus: Bus) -> None:
    await store(database, *(new_check() for _ in range(300)), grace_s=0)
    sweeps = [sweep_of(database, bus) for _ in range(4)]
    async with probing(bus) as taken:
        await asyncio.gather(*(each.sweep() for each in sweeps))
        await asyncio.sleep(0.3)
    assert len(taken) == len({job.probe_id for job in taken}) == 300


async def test_a_job_the_bus_still_holds_is_left_there(
    sweep: ProbeSweep, database: Database
) -> None:
    await store(database, new_check(), grace_s=0)
    await sweep.sweep()
    await make_due(database)
    await sweep.sweep()
    assert await probes(database) == [("published", 1, 1)]
    await sweep.sweep()  # nothing is due: the lease was extended
    assert await rows(database, "SELECT due_at > now() + interval '50 s' FROM probes") == [(True,)]


@produces(FailureReason.ATTEMPTS_EXHAUSTED)
async def test_a_lost_attempt_is_made_again_and_the_third_is_the_last(
    sweep: ProbeSweep, database: Database, bus: Bus
) -> None:
    await store(database, new_check(), grace_s=0)
    for attempt in (1, 2, 3):
        await sweep.sweep()
        assert await probes(database) == [("published", attempt, attempt)]
        await take_away_jobs(bus)
        await make_due(database)
    await sweep.sweep()
    ((status, reason, owner, message),) = await rows(
        database, "SELECT status, failure_reason, failure_owner, failure_message FROM checks"
    )
    saw_reason(reason)
    assert (status, reason, owner) == ("failed", "attempts_exhausted", "ours")
    assert message == "3 attempts were lost by the probers of eu-west-1."


async def test_no_attempt_counts_as_lost_while_reports_wait_to_be_recorded(
    sweep: ProbeSweep, database: Database, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(losing, "_REPORT_WAIT_S", 0.3)
    await store(database, new_check(), grace_s=0)
    await sweep.sweep()
    await bus.publish(subjects.REPORTS, b"x")
    await take_away_jobs(bus)
    await asyncio.sleep(0.4)
    await make_due(database)
    await sweep.sweep()
    assert await probes(database) == [("published", 1, 1)]
    assert await rows(database, "SELECT due_at > now() + interval '50 s' FROM probes") == [(True,)]
    async with bus.consumer(subjects.REPORTS_CONSUMER) as consumer:
        for message in await consumer.pull(1, 5.0):
            await message.ack()
    await make_due(database)
    await bus.publish(subjects.REPORTS, b"fresh: recorded as fast as they come")
    await sweep.sweep()
    assert await probes(database) == [("published", 2, 2)]


async def test_a_lost_stream_costs_no_check(
    sweep: ProbeSweep, database: Database, bus: Bus
) -> None:
    check = new_check()
    await store(database, check, grace_s=0)
    await rows(
        database, "UPDATE probes SET state = 'published', stream_sequence = 77, due_at = now()"
    )
    async with probing(bus) as taken:
        await sweep.sweep()
        await asyncio.sleep(0.2)
    assert [(job.probe_id, job.attempt) for job in taken] == [(check.probe_id, 2)]


async def test_what_nobody_answered_in_time_has_failed_and_it_is_our_fault(
    sweep: ProbeSweep, database: Database
) -> None:
    await store(database, new_check(vantage_point="mars-1"), grace_s=0, deadline_s=1.5)
    await sweep.sweep()
    await rows(
        database,
        "UPDATE probes SET deadline_at = deadline_at - interval '2 s', due_at = now()",
    )
    await rows(database, "UPDATE checks SET created_at = created_at - interval '2 s'")
    await sweep.sweep()
    assert await rows(
        database, "SELECT status, failure_reason, failure_owner, failure_message FROM checks"
    ) == [
        (
            "failed",
            "deadline_exceeded",
            "ours",
            "No prober of mars-1 answered within 1.5 seconds.",
        )
    ]


async def test_the_job_of_what_nobody_answered_in_time_is_on_the_bus_no_more(
    sweep: ProbeSweep, database: Database, bus: Bus
) -> None:
    await store(database, new_check(vantage_point="mars-1"), grace_s=0)
    await sweep.sweep()
    assert await bus.longest_wait_s(subjects.JOBS_STREAM.name) > 0
    await rows(database, "UPDATE probes SET deadline_at = now(), due_at = now()")
    await sweep.sweep()
    assert await bus.longest_wait_s(subjects.JOBS_STREAM.name) == 0


async def test_a_deadline_is_kept_while_the_bus_is_away(
    database: Database, nats_url: str, bus: Bus
) -> None:
    await store(database, new_check(), new_check(), grace_s=0, deadline_s=0)
    async with connect_bus(nats_url, "closed") as closed:
        pass
    await sweep_of(database, closed).sweep()
    assert await rows(database, "SELECT DISTINCT status FROM checks") == [("failed",)]


async def test_a_sweep_tells_whether_there_may_be_more(
    sweep: ProbeSweep, database: Database
) -> None:
    assert not await sweep.sweep()
    await store(database, *(new_check() for _ in range(501)), grace_s=0)
    assert await sweep.sweep()
    assert not await sweep.sweep()


async def put_off(database: Database, *, used_up: str | None = "host") -> None:
    await rows(
        database,
        "UPDATE probes SET state = 'queued', attempt = attempt + 1, stream_sequence = NULL,"
        " postponements = postponements + 1, used_up = %s, due_at = now()",
        used_up,
    )


async def test_what_was_put_off_is_handed_out_again_and_costs_no_attempt(
    sweep: ProbeSweep, database: Database, bus: Bus
) -> None:
    await store(database, new_check(), grace_s=0)
    for _ in range(5):
        await sweep.sweep()
        await take_away_jobs(bus)
        await put_off(database)
    for attempt in (6, 7, 8):
        await sweep.sweep()
        assert (await probes(database))[0][:2] == ("published", attempt)
        await take_away_jobs(bus)
        await make_due(database)
    await sweep.sweep()
    assert await rows(database, "SELECT failure_reason FROM checks") == [("attempts_exhausted",)]


@pytest.mark.parametrize(("used_up", "limit"), [("host", 60), ("address", 600)])
async def test_what_waited_for_a_budget_until_its_deadline_is_told_so(
    sweep: ProbeSweep, database: Database, used_up: str, limit: int
) -> None:
    await store(database, new_check(), grace_s=0)
    await sweep.sweep()
    await put_off(database, used_up=used_up)
    await rows(database, "UPDATE probes SET deadline_at = now()")
    await sweep.sweep()
    ((reason, owner, message),) = await rows(
        database, "SELECT failure_reason, failure_owner, failure_message FROM checks"
    )
    assert (reason, owner) == ("target_budget", "policy")
    assert f"{limit} requests a minute" in message
    assert f"OUTSCOPE_TARGET_BUDGET_{used_up.upper()}" in message


@pytest.mark.parametrize(("used_up", "is_handed_out"), [(None, False), ("host", True)])
async def test_what_nobody_could_tell_or_take_up_again_is_no_matter_of_budget(
    sweep: ProbeSweep, database: Database, used_up: str | None, *, is_handed_out: bool
) -> None:
    await store(database, new_check(), grace_s=0)
    await sweep.sweep()
    await put_off(database, used_up=used_up)
    if is_handed_out:
        await sweep.sweep()
    await rows(database, "UPDATE probes SET deadline_at = now(), due_at = now()")
    await sweep.sweep()
    assert await rows(database, "SELECT failure_reason FROM checks") == [("deadline_exceeded",)]
