import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from psycopg import IntegrityError, sql

from outscope.path import normalised_path
from services.scheduler.domain.check import (
    CheckOptions,
    CheckStatus,
    Discovery,
    Failure,
    NewCheck,
    Owner,
)
from services.scheduler.domain.cursor import Position
from services.scheduler.store.checks import (
    LATEST,
    LATEST_AT,
    find_check,
    find_latest_completed,
    list_checks,
    list_statement,
)
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, store
from tests.integration.scheduler.store.planned import pages_read


async def page(
    database: Database,
    *,
    fqdn: str | None = None,
    status: CheckStatus | None = None,
    after: Position | None = None,
    limit: int = 100,
) -> list[str]:
    async with database.session() as connection:
        checks = await list_checks(
            connection, account_id="acc_a", fqdn=fqdn, status=status, after=after, limit=limit
        )
    return [check.id for check in checks]


async def position(database: Database, check_id: str) -> Position:
    ((created_at,),) = await rows(database, "SELECT created_at FROM checks WHERE id = %s", check_id)
    return Position(created_at=created_at, check_id=check_id)


async def set_status(database: Database, status: CheckStatus, ids: Sequence[str]) -> None:
    await rows(database, "UPDATE checks SET status = %s WHERE id = ANY(%s)", status, list(ids))


async def test_a_stored_check_is_read_back_as_it_was_asked(database: Database) -> None:
    asked = new_check(
        fqdn="xn--bcher-kva.example",
        ports=(1, 65535),
        paths=("/a,b", "/{%22}", "/\\'"),
        vantage_point="us-east-1",
        include_content_sample=True,
        content_retention_days=30,
        options=CheckOptions(
            dns_records=True,
            tls_versions=True,
            max_redirects=5,
            all_addresses=True,
            http2=True,
            discovery=Discovery.OFF,
        ),
    )
    stored_at = await store(database, asked)
    async with database.session() as connection:
        found = await find_check(connection, asked.id, account_id="acc_a")
    assert found is not None
    check, result, attempt = found
    assert check.spec == asked.spec
    assert check.status is CheckStatus.PENDING
    assert check.created_at == stored_at + timedelta(microseconds=1)
    assert (check.ended_at, check.failure, result) == (None, None, None)
    assert attempt == 1


async def test_paths_of_odd_characters_are_stored_as_they_are_sent(database: Database) -> None:
    odd = ("/a b", "/NULL", "/\u2028", "/\u00a0", "/\\n", "/%0A", "/%", "/{a,b}", '/"', "/'", "/E'")
    paths = tuple(normalised_path(path, field="paths") for path in odd)
    asked = [new_check(paths=paths), *(new_check(paths=(path,)) for path in paths)]
    await store(database, *asked)
    await store(database, alone := new_check(paths=("/NULL",)))
    async with database.session() as connection:
        for each in (*asked, alone):
            found = await find_check(connection, each.id, account_id="acc_a")
            assert found is not None
            assert found[0].spec == each.spec


@pytest.mark.parametrize(
    "broken",
    [
        replace(new_check(), id=""),
        replace(new_check(), probe_id=""),
        replace(new_check(), account_id=""),
        new_check(fqdn=""),
        new_check(fqdn="a.example\nb.example"),
        new_check(ports=()),
        new_check(paths=()),
        new_check(paths=("",)),
        new_check(paths=("/a\n/b",)),
        new_check(vantage_point=""),
    ],
    ids=range(10),
)
async def test_what_no_normalised_check_has_is_refused_and_not_stored_as_something_else(
    database: Database, broken: NewCheck
) -> None:
    with pytest.raises(IntegrityError):
        await store(database, broken)
    assert await rows(database, "SELECT id FROM checks") == []


async def test_only_what_was_asked_is_stored_and_what_a_later_version_stored_is_passed_over(
    database: Database,
) -> None:
    plain, asked = new_check(), new_check(options=CheckOptions(max_redirects=2))
    await store(database, plain, asked)
    stored = dict(await rows(database, "SELECT id, options FROM checks"))
    assert stored == {plain.id: {}, asked.id: {"max_redirects": 2}}
    later = '{"of_tomorrow": [1], "discovery": "of_tomorrow"}'
    await rows(database, f"UPDATE checks SET options = options || '{later}'")
    async with database.session() as connection:
        for each in (plain, asked):
            found = await find_check(connection, each.id, account_id="acc_a")
            assert found is not None
            assert found[0].spec == each.spec


async def test_the_check_and_its_probe_are_stored_together(database: Database) -> None:
    asked = new_check()
    stored_at = await store(database, asked, grace_s=2, deadline_s=300)
    probes = await rows(
        database, "SELECT id, check_id, state, attempt, due_at, deadline_at FROM probes"
    )
    assert probes == [
        (
            asked.probe_id,
            asked.id,
            "queued",
            1,
            stored_at + timedelta(seconds=2),
            stored_at + timedelta(seconds=300),
        )
    ]


async def test_another_account_s_check_is_not_found(database: Database) -> None:
    asked = new_check()
    await store(database, asked)
    async with database.session() as connection:
        assert await find_check(connection, asked.id, account_id="acc_b") is None
        assert await find_check(connection, asked.id, account_id="acc_a") is not None


async def test_a_failed_check_is_read_with_its_failure(database: Database) -> None:
    asked = new_check()
    await store(database, asked)
    await rows(
        database,
        "UPDATE checks SET status = 'failed', failure_reason = 'target_refused',"
        " failure_owner = 'policy', failure_message = 'No.'",
    )
    async with database.session() as connection:
        found = await find_check(connection, asked.id, account_id="acc_a")
    assert found is not None
    assert found[0].failure == Failure(reason="target_refused", owner=Owner.POLICY, message="No.")


async def test_a_list_is_newest_first_and_a_batch_keeps_its_order(database: Database) -> None:
    first = [new_check() for _ in range(5)]
    second = [new_check() for _ in range(5)]
    await store(database, *first)
    await store(database, *second)
    await store(database, new_check("acc_b"))
    assert await page(database) == [check.id for check in reversed([*first, *second])]


async def test_pages_follow_each_other_without_gap_or_overlap(database: Database) -> None:
    checks = [new_check() for _ in range(25)]
    await store(database, *checks)
    seen: list[str] = []
    after = None
    while True:
        ids = await page(database, after=after, limit=10)
        if not ids:
            break
        seen += ids
        after = await position(database, ids[-1])
    assert seen == [check.id for check in reversed(checks)]


async def test_pages_stay_correct_while_checks_are_being_created(database: Database) -> None:
    existing = [new_check() for _ in range(60)]
    await store(database, *existing)

    async def keep_creating() -> None:
        while True:
            await store(database, *(new_check() for _ in range(7)))

    creating = asyncio.create_task(keep_creating())
    seen: list[str] = []
    after = await position(database, existing[-1].id)
    while ids := await page(database, after=after, limit=7):
        seen += ids
        after = await position(database, ids[-1])
    creating.cancel()
    await asyncio.gather(creating, return_exceptions=True)
    assert seen == [check.id for check in reversed(existing[:-1])]


async def test_filters_narrow_a_list_and_keep_its_order(database: Database) -> None:
    checks = [new_check(fqdn="a.example" if n % 2 else "b.example") for n in range(12)]
    await store(database, *checks)
    await set_status(database, CheckStatus.COMPLETED, [check.id for check in checks[3:9]])
    await set_status(database, CheckStatus.FAILED, [check.id for check in checks[9:]])
    newest_first = checks[::-1]
    assert await page(database, fqdn="a.example") == [
        check.id for check in newest_first if check.spec.fqdn == "a.example"
    ]
    assert await page(database, status=CheckStatus.COMPLETED) == [
        check.id for check in newest_first if check in checks[3:9]
    ]
    assert await page(database, fqdn="b.example", status=CheckStatus.FAILED) == [
        check.id for check in newest_first if check.spec.fqdn == "b.example" and check in checks[9:]
    ]
    ids = await page(database, fqdn="a.example", limit=2)
    after = await position(database, ids[-1])
    assert ids + await page(database, fqdn="a.example", after=after) == await page(
        database, fqdn="a.example"
    )


async def fill(database: Database, count: int) -> None:
    await rows(
        database,
        "INSERT INTO checks (id, account_id, fqdn, ports, paths, vantage_point,"
        " include_content_sample, content_retention_days, status, created_at)"
        " SELECT 'chk_' || lpad(n::text, 26, '0'), 'acc_a', 'h' || n %% 50 || '.example',"
        " '{443}', '{/}', 'eu-west-1', false, 7,"
        " (ARRAY['completed', 'completed', 'pending', 'failed'])[1 + n %% 4],"
        " now() - n * interval '1 second' FROM generate_series(1, %s) AS n",
        count,
    )
    await rows(database, "ANALYZE checks")


@pytest.mark.parametrize(
    ("fqdn", "status"),
    [
        (None, None),
        (None, CheckStatus.FAILED),
        ("h7.example", None),
        ("h7.example", CheckStatus.COMPLETED),
    ],
)
async def test_the_index_gives_a_page_in_order_at_a_cost_that_does_not_grow(
    database: Database, fqdn: str | None, status: CheckStatus | None
) -> None:
    costs = []
    for more in (5_000, 45_000):
        await rows(database, "TRUNCATE checks")
        await fill(database, more)
        ((middle,),) = await rows(
            database, "SELECT id FROM checks WHERE fqdn = 'h7.example' ORDER BY id LIMIT 1 OFFSET 9"
        )
        statement, parameters = list_statement(
            account_id="acc_a",
            fqdn=fqdn,
            status=status,
            after=await position(database, middle),
            limit=30,
        )
        async with database.session() as connection:
            cursor = await connection.execute(
                sql.SQL("EXPLAIN (ANALYZE, BUFFERS) ") + statement, parameters
            )
            plan = "\n".join(line for (line,) in await cursor.fetchall())
        assert "Index Scan using checks_by_" in plan
        assert "->  Sort" not in plan
        assert "Seq Scan" not in plan
        assert "Rows Removed by Filter" not in plan
        costs.append(pages_read(plan))
    # One level of the index more, in each of three branches at the most.
    assert costs[1] <= costs[0] * 1.5 + 6


async def latest(database: Database, fqdn: str, account_id: str = "acc_a") -> str | None:
    async with database.session() as connection:
        return await find_latest_completed(connection, fqdn, account_id=account_id)


async def test_the_latest_check_of_a_name_is_the_completed_one_that_was_created_last(
    database: Database,
) -> None:
    old, new, failed, pending = (new_check(fqdn="a.example") for _ in range(4))
    other, foreign = new_check(fqdn="b.example"), new_check("acc_b", fqdn="a.example")
    await store(database, old, new, failed, pending, other, foreign)
    assert await latest(database, "a.example") is None
    # The order in which they end means nothing.
    await set_status(database, CheckStatus.COMPLETED, [new.id, other.id, foreign.id])
    await set_status(database, CheckStatus.COMPLETED, [old.id])
    await set_status(database, CheckStatus.FAILED, [failed.id])
    assert await latest(database, "a.example") == new.id
    assert await latest(database, "a.example", "acc_b") == foreign.id
    assert await latest(database, "c.example") is None


@pytest.mark.parametrize("fqdn", ["h7.example", "h1.example", "nowhere.example"])
async def test_the_latest_check_is_found_by_an_index_at_a_cost_that_does_not_grow(
    database: Database, fqdn: str
) -> None:
    parameters = {"account_id": "acc_a", "fqdn": fqdn, "completed": CheckStatus.COMPLETED}
    costs = []
    for more in (5_000, 45_000):
        await rows(database, "TRUNCATE checks")
        await fill(database, more)
        async with database.session() as connection:
            cursor = await connection.execute("EXPLAIN (ANALYZE, BUFFERS) " + LATEST, parameters)
            plan = "\n".join(line for (line,) in await cursor.fetchall())
        assert "using checks_by_fqdn" in plan
        assert "Sort" not in plan
        assert "Seq Scan" not in plan
        assert "Rows Removed by Filter" not in plan
        costs.append(pages_read(plan))
    assert costs[1] <= costs[0] + 2  # a level of the index more


@pytest.mark.parametrize("vantage_point", ["us-east-1", "ap-south-1"])
async def test_the_latest_check_from_a_vantage_point_is_found_past_none_of_another(
    database: Database, vantage_point: str
) -> None:
    await fill(database, 50_000)
    # The oldest of them is the only one from there, and nothing is from the other.
    await rows(
        database,
        "UPDATE checks SET vantage_point = 'us-east-1', status = 'completed', fqdn = 'h7.example'"
        " WHERE created_at = (SELECT min(created_at) FROM checks)",
    )
    await rows(database, "ANALYZE checks")
    parameters = {
        "account_id": "acc_a",
        "fqdn": "h7.example",
        "vantage_point": vantage_point,
    }
    async with database.session() as connection:
        # As it is planned once it has been asked often: without regard to the values.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        cursor = await connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS) " + LATEST_AT, parameters, prepare=True
        )
        plan = "\n".join(line for (line,) in await cursor.fetchall())
        await connection.execute("RESET plan_cache_mode")
    assert "using checks_latest" in plan
    assert "Rows Removed by Filter" not in plan
    assert _pages_read(plan) <= 8


def _pages_read(plan: str) -> int:
    """Return the pages that the top of a plan touched."""
    buffers = next(line for line in plan.splitlines() if "Buffers: shared" in line)
    return sum(
        int(part.partition("=")[2])
        for part in buffers.split()
        if part.startswith(("hit=", "read="))
    )
