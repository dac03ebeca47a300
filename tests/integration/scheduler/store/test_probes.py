import asyncio
from dataclasses import replace

from services.scheduler.domain.budget import BudgetKind
from services.scheduler.domain.check import CheckOptions, LostAttempt, ProbePutOff
from services.scheduler.domain.check_state import ProbeState
from services.scheduler.store.database import Database
from services.scheduler.store.probes import (
    Noted,
    claim_due_probes,
    count_open,
    extend_leases,
    mark_published,
    put_off_probes,
    start_next_attempts,
)
from services.scheduler.store.turns import take_turns
from tests.integration.scheduler.driving import new_check, rows, store

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-01"


async def claim(database: Database, limit: int = 100) -> list[str]:
    async with database.session() as connection:
        due, _ = await claim_due_probes(connection, limit=limit, claim_s=60)
    return [probe.job.probe_id for probe in due]


async def mark(database: Database, probe_id: str, *, attempt: int = 1, sequence: int = 7) -> None:
    async with database.session() as connection:
        await mark_published(connection, [(probe_id, attempt, sequence)], lease_s=60)


async def state(database: Database, probe_id: str) -> tuple[object, ...]:
    ((*found,),) = await rows(
        database, "SELECT state, attempt, stream_sequence FROM probes WHERE id = %s", probe_id
    )
    return tuple(found)


async def test_a_due_probe_is_claimed_with_all_a_prober_needs(database: Database) -> None:
    check = new_check(ports=(443,), paths=("/a", "/b"), options=CheckOptions(tls_versions=True))
    stored_at = await store(database, check, grace_s=0, deadline_s=300)
    async with database.session() as connection:
        (due,), now = await claim_due_probes(connection, limit=10, claim_s=5)
    assert due.job.spec == check.spec
    assert (due.job.probe_id, due.job.check_id, due.job.attempt) == (check.probe_id, check.id, 1)
    assert (due.job.deadline_at - stored_at).total_seconds() == 300
    assert due.state is ProbeState.QUEUED
    assert now is not None
    assert now >= stored_at


async def test_a_probe_is_handed_out_each_time_with_whose_it_is_and_its_request_and_trace(
    database: Database,
) -> None:
    traced = replace(new_check(), traceparent=TRACE, request_id="req_{a}")
    untraced = new_check()
    await store(database, traced, untraced, grace_s=0)
    async with database.session() as connection:
        due, _ = await claim_due_probes(connection, limit=10, claim_s=0)
        place = traced.spec.vantage_point
        turns = await take_turns(connection, place, places=10, most=10, grace_s=0)
    told = {
        (traced.probe_id, traced.account_id, "req_{a}", TRACE),
        (untraced.probe_id, untraced.account_id, "", None),
    }
    for jobs in ([each.job for each in due], turns):
        assert {
            (job.probe_id, job.account_id, job.request_id, job.traceparent) for job in jobs
        } == told


async def test_what_is_not_due_or_has_ended_is_left_alone(database: Database) -> None:
    ended = new_check()
    await store(database, ended, grace_s=0)
    await rows(database, "UPDATE probes SET state = 'completed'")
    await store(database, new_check(), grace_s=60)
    async with database.session() as connection:
        assert await claim_due_probes(connection, limit=10, claim_s=5) == ([], None)


async def test_schedulers_side_by_side_never_claim_the_same_probe(database: Database) -> None:
    checks = [new_check() for _ in range(120)]
    await store(database, *checks, grace_s=0)
    claimed = await asyncio.gather(*(claim(database, limit=20) for _ in range(8)))
    ids = [probe_id for each in claimed for probe_id in each]
    assert len(ids) == len(set(ids))
    # What one skipped because another held it is claimed in the end.
    while more := await claim(database):
        ids += more
    assert sorted(ids) == sorted(check.probe_id for check in checks)


async def test_a_published_job_is_noted_with_its_place_and_left_for_its_lease(
    database: Database,
) -> None:
    check = new_check()
    await store(database, check, grace_s=0)
    await mark(database, check.probe_id)
    assert await state(database, check.probe_id) == ("published", 1, 7)
    assert await claim(database) == []


async def test_a_lease_does_not_outlast_the_deadline(database: Database) -> None:
    check = new_check()
    await store(database, check, deadline_s=0.05)
    await mark(database, check.probe_id)
    await asyncio.sleep(0.1)
    assert await claim(database) == [check.probe_id]
    async with database.session() as connection:
        await extend_leases(connection, [check.probe_id], 60)
    assert await claim(database) == [check.probe_id]


async def test_noting_a_publication_late_changes_nothing(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET state = 'completed'")
    await mark(database, check.probe_id)
    assert await state(database, check.probe_id) == ("completed", 1, None)
    await rows(database, "UPDATE probes SET state = 'queued', attempt = 2")
    await mark(database, check.probe_id, attempt=1)
    assert await state(database, check.probe_id) == ("queued", 2, None)


async def test_noting_waits_for_nobody(database: Database) -> None:
    held, free = new_check(), new_check()
    await store(database, held, free)
    async with database.transaction() as holder:
        await holder.execute("SELECT FROM probes WHERE id = %s FOR UPDATE", (held.probe_id,))
        async with asyncio.timeout(2), database.session() as connection:
            places = [(held.probe_id, 1, 1), (free.probe_id, 1, 2)]
            noted = await mark_published(connection, places, lease_s=60)
    assert noted == Noted(skipped=frozenset([held.probe_id]))
    assert await state(database, held.probe_id) == ("queued", 1, None)
    assert await state(database, free.probe_id) == ("published", 1, 2)


async def test_noting_tells_which_jobs_are_cancelled_and_says_nothing_of_ended_ones(
    database: Database,
) -> None:
    cancelled, ended, anew = new_check(), new_check(), new_check()
    await store(database, cancelled, ended, anew)
    for check, to in ((cancelled, "cancelled"), (ended, "completed")):
        await rows(database, "UPDATE probes SET state = %s WHERE id = %s", to, check.probe_id)
    await rows(database, "UPDATE probes SET attempt = 2 WHERE id = %s", anew.probe_id)
    places = [(check.probe_id, 1, 7) for check in (cancelled, ended, anew)]
    async with database.session() as connection:
        noted = await mark_published(connection, places, lease_s=60)
    assert noted == Noted(unwanted=frozenset([cancelled.probe_id]))


async def test_a_lost_attempt_is_counted_once(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await mark(database, check.probe_id)
    async with database.session() as connection:
        lost = [LostAttempt(probe_id=check.probe_id, attempt=1, reason="silent")]
        assert await start_next_attempts(connection, lost, grace_s=60) == {check.probe_id}
        assert await start_next_attempts(connection, lost, grace_s=60) == set()
    assert await state(database, check.probe_id) == ("queued", 2, None)
    assert await rows(database, "SELECT lost FROM probes") == [(["silent"],)]


async def test_an_extended_lease_is_not_due(database: Database) -> None:
    check = new_check()
    await store(database, check, grace_s=0)
    async with database.session() as connection:
        await extend_leases(connection, [check.probe_id], 60)
    assert await claim(database) == []


def put_off(probe_id: str, *, attempt: int = 1, wait_s: float = 30.0) -> ProbePutOff:
    return ProbePutOff(
        probe_id=probe_id,
        check_id="chk",
        attempt=attempt,
        wait_s=wait_s,
        used_up=BudgetKind.HOST,
    )


async def told(database: Database, *each: ProbePutOff) -> set[str]:
    async with database.session() as connection:
        return await put_off_probes(connection, each, margin_s=1.0)


async def test_what_is_put_off_is_queued_for_then_and_under_its_next_attempt(
    database: Database,
) -> None:
    check = new_check()
    await store(database, check)
    await mark(database, check.probe_id)
    assert await told(database, put_off(check.probe_id)) == {check.probe_id}
    assert await state(database, check.probe_id) == ("queued", 2, None)
    assert await rows(
        database,
        "SELECT postponements, used_up,"
        " ready_at BETWEEN now() + interval '29 s' AND now() + interval '30 s',"
        " due_at = deadline_at FROM probes",
    ) == [(1, "host", True, True)]
    await rows(database, "UPDATE probes SET due_at = now()")
    async with database.session() as connection:
        (due,), _ = await claim_due_probes(connection, limit=1, claim_s=5)
    assert (due.job.attempt, due.postponements, due.used_up) == (2, 1, BudgetKind.HOST)


async def test_a_postponement_of_another_attempt_or_told_twice_changes_nothing(
    database: Database,
) -> None:
    check, ended = new_check(), new_check()
    await store(database, check, ended)
    await rows(database, "UPDATE probes SET state = 'failed' WHERE id = %s", ended.probe_id)
    assert await told(database, put_off(check.probe_id, attempt=2)) == set()
    assert await told(database, put_off(ended.probe_id)) == set()
    assert await told(database, put_off(check.probe_id)) == {check.probe_id}
    assert await told(database, put_off(check.probe_id)) == set()
    # The publication of the first attempt, noted too late, does not touch the second.
    await mark(database, check.probe_id, attempt=1)
    assert await state(database, check.probe_id) == ("queued", 2, None)


async def test_what_could_only_begin_at_its_deadline_waits_for_that(database: Database) -> None:
    early, late = new_check(), new_check()
    await store(database, early, late, deadline_s=30.5)
    await told(database, put_off(early.probe_id, wait_s=29), put_off(late.probe_id, wait_s=30))
    assert await rows(
        database, "SELECT id, ready_at = deadline_at FROM probes ORDER BY id"
    ) == sorted([(early.probe_id, False), (late.probe_id, True)])


async def test_a_postponement_waits_for_a_row_that_is_held(database: Database) -> None:
    check = new_check()
    await store(database, check)
    async with database.transaction() as holding:
        await holding.execute("SELECT id FROM probes FOR UPDATE")
        telling = asyncio.create_task(told(database, put_off(check.probe_id)))
        await asyncio.sleep(0.2)
        assert not telling.done()
    assert await telling == {check.probe_id}


async def test_a_lost_attempt_forgets_which_budget_it_once_waited_for(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await told(database, put_off(check.probe_id))
    await mark(database, check.probe_id, attempt=2)
    async with database.session() as connection:
        lost = [LostAttempt(probe_id=check.probe_id, attempt=2, reason="silent")]
        await start_next_attempts(connection, lost, grace_s=0)
    assert await rows(database, "SELECT attempt, postponements, used_up FROM probes") == [
        (3, 1, None)
    ]


async def test_what_has_not_ended_is_counted_by_vantage_point(database: Database) -> None:
    near, far, ended = (
        new_check(vantage_point=name) for name in ("eu-west-1", "mars-1", "eu-west-1")
    )
    await store(database, near, far, ended)
    await rows(database, "UPDATE probes SET state = 'completed' WHERE id = %s", ended.probe_id)
    async with database.session() as connection:
        assert await count_open(connection) == {"eu-west-1": 1, "mars-1": 1}
