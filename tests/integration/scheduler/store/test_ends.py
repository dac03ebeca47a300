import asyncio

from services.scheduler.domain.check import CheckStatus, Failure, Owner, ProbeEnd
from services.scheduler.domain.check_state import ProbeEvent, ProbeState
from services.scheduler.store.database import Database
from services.scheduler.store.ends import (
    CheckEnd,
    end_checks,
    end_probes,
    ended_among,
    lock_pending_checks,
    probe_states,
)
from tests.integration.scheduler.driving import new_check, rows, store

FAILURE = Failure(reason="target_refused", owner=Owner.POLICY, message="It is private.")


def result(probe_id: str, check_id: str, attempt: int = 1, result: bytes = b"r") -> ProbeEnd:
    return ProbeEnd(probe_id=probe_id, check_id=check_id, attempt=attempt, result=result)


async def end(database: Database, *ends: ProbeEnd) -> set[str]:
    async with database.session() as connection:
        return await end_probes(connection, ends, event=ProbeEvent.RESULT_REPORTED)


async def test_a_report_ends_its_probe_once(database: Database) -> None:
    check = new_check()
    await store(database, check)
    assert await end(database, result(check.probe_id, check.id, result=b"first")) == {
        check.probe_id
    }
    assert await end(database, result(check.probe_id, check.id, result=b"second")) == set()
    assert await rows(database, "SELECT state, result FROM probes") == [("completed", b"first")]


async def test_a_report_of_another_attempt_changes_nothing(database: Database) -> None:
    check = new_check()
    await store(database, check)
    await rows(database, "UPDATE probes SET attempt = 2")
    for attempt in (1, 3):
        assert await end(database, result(check.probe_id, check.id, attempt)) == set()
    assert await end(database, result(check.probe_id, check.id, 2)) == {check.probe_id}


async def test_a_report_under_another_check_or_of_no_probe_changes_nothing(
    database: Database,
) -> None:
    check, other = new_check(), new_check()
    await store(database, check, other)
    assert await end(database, result(check.probe_id, other.id)) == set()
    assert await end(database, result("prb_none", check.id)) == set()


async def test_a_failure_is_kept_with_its_reason(database: Database) -> None:
    check = new_check()
    await store(database, check)
    told = ProbeEnd(probe_id=check.probe_id, check_id=check.id, attempt=1, failure=FAILURE)
    async with database.session() as connection:
        await end_probes(connection, [told], event=ProbeEvent.FAILURE_REPORTED)
        assert await probe_states(connection, [check.id]) == {
            check.id: [(ProbeState.FAILED, FAILURE)]
        }


async def test_many_probes_end_in_one_statement(database: Database) -> None:
    checks = [new_check() for _ in range(50)]
    await store(database, *checks)
    ends = [result(check.probe_id, check.id, result=check.id.encode()) for check in checks]
    assert len(await end(database, *ends)) == 50
    stored = await rows(database, "SELECT check_id, result FROM probes")
    assert all(check_id.encode() == kept for check_id, kept in stored)


async def test_only_pending_checks_are_locked(database: Database) -> None:
    pending, ended = new_check("acc_a"), new_check("acc_b")
    await store(database, pending, ended)
    async with database.transaction() as connection:
        await end_checks(
            connection, [CheckEnd(check_id=ended.id, status=CheckStatus.FAILED, failure=FAILURE)]
        )
        locked = await lock_pending_checks(connection, [pending.id, ended.id])
    assert list(locked) == [pending.id]
    assert locked[pending.id].account_id == "acc_a"
    async with database.session() as connection:
        assert await ended_among(connection, [pending.id, ended.id]) == {ended.id}
    assert await rows(
        database,
        "SELECT status, failure_reason, ended_at IS NULL FROM checks WHERE id = %s",
        ended.id,
    ) == [("failed", "target_refused", False)]


async def test_of_two_that_end_the_last_probes_of_a_check_the_second_sees_both(
    database: Database,
) -> None:
    check = new_check()
    await store(database, check)
    await rows(
        database,
        "INSERT INTO probes (id, check_id, vantage_point, state, attempt, due_at, deadline_at)"
        " SELECT 'prb_second', check_id, 'us-east-1', state, attempt, due_at, deadline_at"
        " FROM probes",
    )
    is_first_in = asyncio.Event()

    async def end_one(probe_id: str, *, is_first: bool) -> list[ProbeState]:
        if not is_first:
            await is_first_in.wait()
        async with database.transaction() as connection:
            await lock_pending_checks(connection, [check.id])
            await end_probes(
                connection, [result(probe_id, check.id)], event=ProbeEvent.RESULT_REPORTED
            )
            states = await probe_states(connection, [check.id])
            if is_first:
                is_first_in.set()
                await asyncio.sleep(0.2)  # the other one is waiting for the lock by now
        return sorted(state for state, _ in states[check.id])

    first, second = await asyncio.gather(
        end_one(check.probe_id, is_first=True), end_one("prb_second", is_first=False)
    )
    assert first == [ProbeState.COMPLETED, ProbeState.QUEUED]
    assert second == [ProbeState.COMPLETED, ProbeState.COMPLETED]
