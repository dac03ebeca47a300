import asyncio
from collections.abc import Sequence

import pytest

from outscope.bus.connect import Bus
from outscope.clock import utc_now
from services.scheduler.auditor import audit
from services.scheduler.domain.check import NewCheck, ProbeEnd
from services.scheduler.domain.cursor import Position
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.retention import SLICE, Retention
from services.scheduler.store.checks import find_check, list_checks
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.keys import insert_account
from services.scheduler.store.retention import delete_old_checks, hold_check
from tests.integration.scheduler.auditing import FAILURE, system_at_rest
from tests.integration.scheduler.driving import new_check, rows, stop, store

BELONGING = (
    "probes",
    "kept_facts",
    "content_samples",
    "reviews",
    "webhook_deliveries",
    "delivery_attempts",
)
# Longer than any slice takes on a machine that has other things to do.
BOUND_S = 1.0


@pytest.fixture
async def accounts(database: Database) -> None:
    async with database.session() as connection:
        for account_id in ("acc_a", "acc_b"):
            await insert_account(connection, account_id, account_id)


async def age(database: Database, days: int, checks: Sequence[NewCheck] = ()) -> None:
    """Make these checks, or all, older."""
    await rows(
        database,
        "UPDATE checks SET created_at = created_at - %s * interval '1 day'"
        " WHERE id = ANY(%s) OR %s",
        days,
        [check.id for check in checks],
        not checks,
    )


async def fill(database: Database, account_id: str, count: int, *, days: int) -> None:
    """Make ended checks of that age, each with a probe and what was kept of it."""
    values = {"account_id": account_id, "count": count, "days": days}
    async with database.session() as connection:
        await connection.execute(
            "INSERT INTO checks (id, account_id, fqdn, ports, paths, vantage_point,"
            " include_content_sample, content_retention_days, status, created_at, ended_at)"
            " SELECT 'chk_' || %(account_id)s || number, %(account_id)s, 'a.example', '{80}',"
            " '{/}', 'eu-west-1', false, 7, 'completed',"
            " now() - %(days)s * interval '1 day' - number * interval '1 second', now()"
            " FROM generate_series(1, %(count)s) AS number",
            values,
        )
        await connection.execute(
            "INSERT INTO probes (id, check_id, vantage_point, state, attempt, due_at, deadline_at,"
            " result) SELECT 'prb_' || id, id, 'eu-west-1', 'completed', 1, now(), now(), 'r'"
            " FROM checks WHERE account_id = %(account_id)s AND status = 'completed'",
            values,
        )
        await connection.execute(
            "INSERT INTO kept_facts SELECT check_id, id, 'facts', now() + interval '7 days'"
            " FROM probes WHERE id LIKE 'prb_chk_' || %(account_id)s || '%%'",
            values,
        )


async def purge(retention: Retention) -> None:
    while await retention.purge():
        pass


async def ids(database: Database) -> set[str]:
    return {check_id for (check_id,) in await rows(database, "SELECT id FROM checks")}


async def set_aside(database: Database, bus: Bus, check: NewCheck) -> None:
    """Store a check whose every attempt was lost."""
    await store(database, check)
    end = ProbeEnd(
        probe_id=check.probe_id, check_id=check.id, attempt=1, failure=FAILURE, lost=("silent",)
    )
    await Ending(database, bus, lambda _: None, utc_now).give_up([end])


async def test_an_old_check_goes_with_all_that_belongs_to_it(
    database: Database, bus: Bus, accounts: None, database_url: str, nats_url: str
) -> None:
    made = await system_at_rest(database, bus)
    await rows(
        database,
        "INSERT INTO reviews (id, check_id, account_id, state, reason, comment, expected)"
        " VALUES ('rev_1', %s, 'acc_a', 'rejected', 'other', '', '{}')",
        made.told.id,
    )
    old, young = new_check("acc_b"), new_check("acc_b")
    await set_aside(database, bus, old)
    await age(database, 31)
    await set_aside(database, bus, young)
    await purge(Retention(database, 30))
    # What is pending stays, and what has an event on its way.
    left = {made.untold.id, made.published.id, made.queued.id, young.id}
    assert await ids(database) == left
    assert await rows(database, "SELECT check_id FROM dead_letters") == [(young.id,)]
    for table in ("probes", "kept_facts", "webhook_deliveries"):
        found = await rows(database, f"SELECT check_id FROM {table}")
        assert {check_id for (check_id,) in found} <= left
    for table in ("content_samples", "reviews", "delivery_attempts"):
        assert (table, await rows(database, f"SELECT count(*) FROM {table}")) == (table, [(0,)])
    assert await audit(database_url, nats_url, grace_s=0) == []


async def test_each_account_has_its_own_retention(database: Database, accounts: None) -> None:
    of_a, of_b = [new_check() for _ in range(3)], [new_check("acc_b") for _ in range(3)]
    await store(database, *of_a, *of_b)
    await rows(database, "UPDATE checks SET status = 'failed'")
    for days, place in ((5, 0), (40, 1), (400, 2)):
        await age(database, days, [of_a[place], of_b[place]])
    await rows(database, "UPDATE accounts SET retention_days = 10 WHERE id = 'acc_b'")
    await purge(Retention(database, 0))  # for ever, where nothing else is said
    assert await ids(database) == {*(check.id for check in of_a), of_b[0].id}
    await purge(Retention(database, 100))
    assert await ids(database) == {of_a[0].id, of_a[1].id, of_b[0].id}
    await rows(database, "UPDATE accounts SET retention_days = 0 WHERE id = 'acc_b'")
    await purge(Retention(database, 1))
    assert await ids(database) == {of_b[0].id}


async def test_accounts_take_turns_slice_by_slice(database: Database, accounts: None) -> None:
    await fill(database, "acc_a", 3 * SLICE, days=40)
    await fill(database, "acc_b", 10, days=40)
    retention = Retention(database, 30)
    assert await retention.purge()  # found both
    assert await retention.purge()
    assert await retention.purge()
    assert await rows(database, "SELECT account_id, count(*) FROM checks GROUP BY account_id") == [
        ("acc_a", 2 * SLICE)
    ]
    await purge(retention)
    assert await ids(database) == set()


async def test_a_check_that_another_transaction_holds_is_passed_over(
    database: Database, accounts: None
) -> None:
    await fill(database, "acc_a", 10, days=40)
    async with database.transaction() as other:
        assert await hold_check(other, "chk_acc_a3", account_id="acc_a")
        async with database.transaction() as connection:
            assert await delete_old_checks(connection, "acc_a", days=30, limit=100) == 9
    assert await ids(database) == {"chk_acc_a3"}


async def test_two_schedulers_purge_beside_each_other_and_hold_nobody_up(
    database: Database, database_url: str, accounts: None
) -> None:
    await fill(database, "acc_a", 6000, days=40)
    await fill(database, "acc_b", 3000, days=40)
    waits: list[float] = []
    done: list[int] = []
    async with open_database(database_url) as other:
        busy = [
            asyncio.create_task(work)
            for work in (_watch(database, waits), _use(database, done), _use(other, done))
        ]
        before = len(done)
        await asyncio.gather(purge(Retention(database, 30)), purge(Retention(other, 30)))
        during = len(done) - before
        for each in busy:
            assert not each.done()
            await stop(each)
    left = await rows(
        database, "SELECT count(*) FROM checks WHERE created_at < now() - '1 day'::interval"
    )
    assert left == [(0,)]
    for table in BELONGING:
        orphans = f"SELECT count(*) FROM {table} WHERE NOT EXISTS (SELECT FROM checks"
        if table != "delivery_attempts":
            assert await rows(database, f"{orphans} WHERE checks.id = check_id)") == [(0,)]
    assert during > 20
    assert waits
    assert max(waits) < BOUND_S


async def _watch(database: Database, waits: list[float]) -> None:
    """Note for how long anybody waits for a lock, and that nobody does."""
    while True:
        found = await rows(
            database,
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float8"
            " FROM pg_locks WHERE NOT granted",
        )
        waits.append(found[0][0])
        await asyncio.sleep(0.005)


async def _use(database: Database, done: list[int]) -> None:
    """Create checks, read them and list them."""
    while True:
        made = [new_check() for _ in range(5)]
        stored_at = await store(database, *made)
        async with database.session() as connection:
            assert await find_check(connection, made[0].id, account_id="acc_a") is not None
            page = await list_checks(
                connection, account_id="acc_a", fqdn=None, status=None, after=None, limit=20
            )
            assert page
            await list_checks(
                connection,
                account_id="acc_a",
                fqdn=None,
                status=None,
                after=Position(created_at=stored_at, check_id=made[0].id),
                limit=20,
            )
        done.append(len(page))
        await asyncio.sleep(0)
