import asyncio
from collections import Counter
from typing import Any

import pytest

from services.scheduler.domain.check import NewCheck, ProbeJob
from services.scheduler.store.database import Database
from services.scheduler.store.turns import TURNS, count_waiting, take_turns, vantage_points_waiting
from tests.integration.scheduler.driving import new_check, rows, store


def checks_of(account_id: str, count: int, **changes: Any) -> list[NewCheck]:  # noqa: ANN401 - any field
    return [new_check(account_id, **changes) for _ in range(count)]


async def take(
    database: Database, places: int = 200, most: int = 500, vantage_point: str = "eu-west-1"
) -> list[ProbeJob]:
    async with database.session() as connection:
        return await take_turns(connection, vantage_point, places=places, most=most, grace_s=2)


async def accounts(database: Database, jobs: list[ProbeJob]) -> Counter[str]:
    found = await rows(
        database,
        "SELECT account_id FROM probes WHERE id = ANY(%s)",
        [job.probe_id for job in jobs],
    )
    return Counter(account_id for (account_id,) in found)


async def end(database: Database, *jobs: ProbeJob) -> None:
    await rows(
        database,
        "UPDATE probes SET state = 'completed' WHERE id = ANY(%s)",
        [job.probe_id for job in jobs],
    )


async def test_what_waits_is_handed_out_in_the_order_it_came(database: Database) -> None:
    first, second = checks_of("acc_a", 30), checks_of("acc_a", 30)
    await store(database, *first)
    await store(database, *second)
    jobs = await take(database, places=1000, most=40)
    assert [job.probe_id for job in jobs] == [check.probe_id for check in [*first, *second][:40]]
    assert [job.check_id for job in jobs[:1]] == [first[0].id]
    assert (jobs[0].attempt, jobs[0].spec) == (1, first[0].spec)
    assert await rows(
        database,
        "SELECT state, count(*), bool_and(due_at < now() + interval '3 s') FROM probes"
        " GROUP BY state ORDER BY state",
    ) == [("published", 40, True), ("queued", 20, False)]


async def test_one_account_leaves_places_to_those_that_come_new(database: Database) -> None:
    await store(database, *checks_of("acc_a", 300))
    assert len(await take(database)) == 189  # 16 of 17
    assert await take(database) == []
    (check,) = checks_of("acc_b", 1)
    await store(database, check)
    assert [job.probe_id for job in await take(database)] == [check.probe_id]


async def test_accounts_have_the_same_number_handed_out_wherever_they_have_enough(
    database: Database,
) -> None:
    await store(database, *checks_of("acc_a", 300))
    await store(database, *checks_of("acc_b", 300), *checks_of("acc_c", 7))
    jobs = await take(database)
    shares = await accounts(database, jobs)
    assert shares["acc_c"] == 7
    assert abs(shares["acc_a"] - shares["acc_b"]) <= 1
    assert 185 <= len(jobs) < 200
    # Whoever has less in work is served first, whatever came earlier.
    await end(database, *[job for job in jobs if job.probe_id not in await _of(database, "acc_a")])
    after = await accounts(database, await take(database))
    assert after["acc_b"] > 90
    assert after["acc_a"] < 10


async def _of(database: Database, account_id: str) -> set[str]:
    found = await rows(database, "SELECT id FROM probes WHERE account_id = %s", account_id)
    return {probe_id for (probe_id,) in found}


async def test_a_single_place_is_given_to_accounts_by_turns(database: Database) -> None:
    await store(database, *checks_of("acc_a", 60))
    await store(database, *checks_of("acc_b", 60))
    taken: list[ProbeJob] = []
    for _ in range(60):
        (job,) = await take(database, places=1)
        await end(database, job)
        taken.append(job)
    shares = await accounts(database, taken)
    assert 10 < shares["acc_a"] < 50  # by lot: the odds of anything else are one in ten million


async def test_what_is_put_off_waits_for_its_time_and_holds_nobody_up(database: Database) -> None:
    early, late = checks_of("acc_a", 2)
    await store(database, early, late)
    await rows(
        database,
        "UPDATE probes SET ready_at = now() + interval '9 s' WHERE id = %s",
        early.probe_id,
    )
    assert [job.probe_id for job in await take(database)] == [late.probe_id]
    await rows(database, "UPDATE probes SET ready_at = now() - interval '1 s'")
    assert [job.probe_id for job in await take(database)] == [early.probe_id]


async def test_each_vantage_point_has_places_of_its_own(database: Database) -> None:
    await store(database, *checks_of("acc_a", 3), *checks_of("acc_a", 4, vantage_point="mars-1"))
    async with database.session() as connection:
        assert await vantage_points_waiting(connection) == ["eu-west-1", "mars-1"]
        assert await count_waiting(connection) == {"eu-west-1": 3, "mars-1": 4}
    assert len(await take(database, places=3)) == 3
    assert len(await take(database, vantage_point="mars-1")) == 4
    async with database.session() as connection:
        assert await vantage_points_waiting(connection) == []


async def test_schedulers_side_by_side_hand_out_no_more_than_there_are_places(
    database: Database,
) -> None:
    for number in range(5):
        await store(database, *checks_of(f"acc_{number}", 100))
    taken = await asyncio.gather(*(take(database, places=100, most=30) for _ in range(12)))
    ids = [job.probe_id for jobs in taken for job in jobs]
    assert len(ids) == len(set(ids))
    assert 90 < len(ids) <= 100
    assert max((await accounts(database, [job for jobs in taken for job in jobs])).values()) <= 20


async def test_a_row_that_somebody_holds_is_left_and_waited_for_by_nobody(
    database: Database,
) -> None:
    held, free = checks_of("acc_a", 2)
    await store(database, held, free)
    async with database.transaction() as holding:
        await holding.execute("SELECT id FROM probes WHERE id = %s FOR UPDATE", (held.probe_id,))
        async with asyncio.timeout(2):
            assert [job.probe_id for job in await take(database)] == [free.probe_id]
    assert [job.probe_id for job in await take(database)] == [held.probe_id]


@pytest.mark.parametrize("analyzed", [False, True])
async def test_a_turn_costs_the_same_however_many_wait(
    database: Database, *, analyzed: bool
) -> None:
    """Pages touched, not seconds: 12,000 wait, and as many have ended."""
    await rows(
        database,
        """
        WITH made AS (SELECT 'x' || lpad(n::text, 6, '0') AS id, n
                        FROM generate_series(1, 24000) n)
        , stored AS (
            INSERT INTO checks (id, account_id, fqdn, ports, paths, vantage_point, status,
                                include_content_sample, content_retention_days, created_at)
            SELECT id, 'acc_' || mod(n, 3), 'a.example', '{443}', '{/}', 'eu-west-1', 'pending',
                   false, 7, now() FROM made)
        INSERT INTO probes (id, check_id, account_id, vantage_point, state, attempt, due_at,
                            deadline_at)
        SELECT id, id, 'acc_' || mod(n, 3), 'eu-west-1',
               CASE WHEN mod(n, 2) = 0 THEN 'queued' ELSE 'completed' END, 1, now(), now() FROM made
        """,
    )
    if analyzed:
        await rows(database, "ANALYZE checks, probes")
    async with database.session() as connection:
        parameters = {
            "vantage_point": "eu-west-1",
            "places": 60,
            "most": 500,
            "grace_s": 2,
            "published": "published",
        }
        cursor = await connection.execute("EXPLAIN (ANALYZE, BUFFERS) " + TURNS, parameters)
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "Seq Scan on probes" not in plan, plan
    assert "Seq Scan on checks" not in plan, plan
    touched = sum(
        int(part.split("=")[1])
        for part in plan.partition("Buffers:")[2].splitlines()[0].split()
        if part.startswith(("hit=", "read="))
    )
    # 57 rows change, each in several indexes; the tables have about 700 pages.
    assert touched < 57 * 40, plan


async def test_what_has_reached_its_deadline_is_left_to_the_sweep(database: Database) -> None:
    late, early = checks_of("acc_a", 2)
    await store(database, late, early)
    await rows(
        database,
        "UPDATE probes SET ready_at = now() - interval '1 s', deadline_at = now() - interval '1 s'"
        " WHERE id = %s",
        late.probe_id,
    )
    assert [job.probe_id for job in await take(database)] == [early.probe_id]
