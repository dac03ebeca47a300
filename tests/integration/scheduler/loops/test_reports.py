from outscope.bus.connect import Bus
from outscope.clock import utc_now
from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import ProbeEnd, ProbePutOff
from services.scheduler.loops.ending import Ending
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


async def test_ends_are_recorded_and_what_is_put_off_is_queued(
    database: Database, bus: Bus
) -> None:
    ended, later = new_check(), new_check()
    await store(database, ended, later)
    reports = Reports(database, Ending(database, bus, lambda _: None, utc_now))
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
    reports = Reports(database, Ending(database, bus, lambda _: None, utc_now))
    await reports.record([put_off(check.id, check.probe_id)])
    late = ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, result=b"")
    await reports.record([late])
    assert await rows(database, "SELECT status FROM checks") == [("pending",)]
