from outscope.bus.connect import Bus
from outscope.bus.subjects import jobs_consumer
from outscope.clock import utc_now
from services.scheduler.domain.budget import Budget, BudgetKind
from services.scheduler.domain.check import LostAttempt, ProbeEnd, ProbePutOff
from services.scheduler.domain.dead_letter import UnusableMessage
from services.scheduler.loops.dead_letters import DeadLetters
from services.scheduler.loops.dispatch import Dispatcher, probe_jobs
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.lost import LostAttempts
from services.scheduler.loops.reports import Reports
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, store


def put_off(check_id: str, probe_id: str, wait_s: float = 30.0) -> ProbePutOff:
    return ProbePutOff(
        probe_id=probe_id,
        check_id=check_id,
        attempt=1,
        wait_s=wait_s,
        used_up=BudgetKind.ADDRESS,
    )


def reports_of(database: Database, bus: Bus) -> Reports:
    ending = Ending(database, bus, lambda _: None, utc_now)
    dispatcher = Dispatcher(probe_jobs(Budget(host=60, address=600)), bus, database)
    lost = LostAttempts(database, bus, dispatcher, ending)
    return Reports(database, ending, lost, DeadLetters(database, utc_now))


async def test_ends_are_recorded_and_what_is_put_off_is_queued(
    database: Database, bus: Bus
) -> None:
    ended, later = new_check(), new_check()
    await store(database, ended, later)
    reports = reports_of(database, bus)
    end = ProbeEnd(probe_id=ended.probe_id, check_id=ended.id, attempt=1, result=b"")
    told: list[ProbeEnd | ProbePutOff] = [
        put_off(later.id, later.probe_id),
        end,
        put_off(later.id, later.probe_id, 1.0),
    ]
    await reports.record(told)
    await reports.record(told)
    assert await rows(
        database, "SELECT state, attempt, postponements, used_up FROM probes ORDER BY state"
    ) == [("completed", 1, 0, None), ("queued", 2, 1, "address")]
    assert await rows(database, "SELECT status FROM checks ORDER BY status") == [
        ("completed",),
        ("pending",),
    ]
    waits = "SELECT ready_at > now() + interval '25 s' FROM probes WHERE state = 'queued'"
    assert await rows(database, waits) == [(True,)]


async def test_a_result_of_the_attempt_before_counts_no_more(database: Database, bus: Bus) -> None:
    check = new_check()
    await store(database, check)
    reports = reports_of(database, bus)
    await reports.record([put_off(check.id, check.probe_id)])
    late = ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, result=b"")
    await reports.record([late])
    assert await rows(database, "SELECT status FROM checks") == [("pending",)]


async def test_an_attempt_that_a_prober_could_not_make_is_lost_and_the_next_one_waits(
    database: Database, bus: Bus
) -> None:
    check = new_check()
    await store(database, check)
    lost = LostAttempt(probe_id=check.probe_id, attempt=1, reason="unreadable", is_rejected=True)
    await reports_of(database, bus).record([lost, lost])
    assert await rows(
        database, "SELECT state, attempt, postponements, lost, due_at > now() FROM probes"
    ) == [("queued", 2, 0, ["unreadable"], True)]
    assert await bus.backlog(jobs_consumer("eu-west-1")) == 0


async def test_a_job_that_nobody_knows_is_set_aside(database: Database, bus: Bus) -> None:
    message = UnusableMessage(subject="jobs.eu-west-1", payload=b"\xff\x00", reason="unreadable")
    await reports_of(database, bus).record([message])
    assert await rows(database, "SELECT kind, subject, payload, reason FROM dead_letters") == [
        ("message", "jobs.eu-west-1", b"\xff\x00", "unreadable")
    ]
