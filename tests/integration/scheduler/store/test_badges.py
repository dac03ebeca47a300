"""Who holds a name, and which check its badge shows."""

import asyncio

import pytest

from services.scheduler.domain.badge import ShownCheck
from services.scheduler.domain.check import NewCheck
from services.scheduler.store.badges import (
    LOOKED_THROUGH,
    SHOWN,
    find_shown,
    hold_badge,
    list_badges,
    withdraw_badge,
)
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    make_key,
    new_check,
    new_check_from,
    rows,
    store,
)
from tests.integration.scheduler.store.planned import pages_read


@pytest.fixture
async def account_id(database: Database) -> str:
    return (await make_key(database))[2]


async def completed(database: Database, *checks: NewCheck) -> None:
    await store(database, *checks)
    ids = [check.id for check in checks]
    await rows(database, "UPDATE checks SET status = 'completed' WHERE id = ANY(%s)", ids)


async def shown(database: Database, fqdn: str = "example.com") -> ShownCheck | None:
    async with database.session() as connection:
        return await find_shown(connection, fqdn)


async def hold(database: Database, account_id: str, fqdn: str = "example.com") -> str:
    async with database.session() as connection:
        return (await hold_badge(connection, fqdn, account_id=account_id)).account_id


async def test_of_accounts_that_publish_at_once_one_holds_the_name(database: Database) -> None:
    accounts = [(await make_key(database))[2] for _ in range(4)]
    holders = await asyncio.gather(*(hold(database, each) for each in accounts))
    assert len(set(holders)) == 1
    async with database.session() as connection:
        (badge,) = await list_badges(connection)
        assert badge.account_id == holders[0]
        other = next(each for each in accounts if each != holders[0])
        assert not await withdraw_badge(connection, "example.com", account_id=other)
        again = await hold_badge(connection, "example.com", account_id=holders[0])
        assert again == badge
        assert await withdraw_badge(connection, "example.com", account_id=holders[0])
        assert not await withdraw_badge(connection, "example.com", account_id=holders[0])
    assert await hold(database, other) == other


async def test_a_badge_shows_the_latest_check_with_default_ports_and_paths_of_its_account(
    database: Database, account_id: str
) -> None:
    assert await shown(database) is None
    await hold(database, account_id)
    assert await shown(database) == ShownCheck(account_id=account_id, check_id=None)
    first, second = new_check(account_id), new_check(account_id, ports=(443, 80))
    await completed(database, first)
    await completed(database, second)
    for others in (
        new_check(account_id, ports=(80,)),
        new_check(account_id, ports=(80, 443, 8080)),
        new_check(account_id, paths=("/a",)),
        new_check(account_id, paths=("/", "/a")),
        new_check(account_id, fqdn="www.example.com"),
        new_check("acc_another"),
    ):
        await completed(database, others)
    await store(database, new_check(account_id))  # is pending
    assert await shown(database) == ShownCheck(account_id=account_id, check_id=second.id)
    assert await shown(database, "www.example.com") is None


async def test_what_an_account_sees_from_vantage_points_of_its_own_is_not_shown(
    database: Database, account_id: str
) -> None:
    await hold(database, account_id)
    public = new_check_from("eu-west-1", "us-east-1", account_id=account_id)
    await completed(database, public)
    await rows(
        database, "INSERT INTO vantage_points (name, account_id) VALUES ('inside', %s)", account_id
    )
    await completed(database, new_check(account_id, vantage_point="inside"))
    await completed(database, new_check_from("eu-west-1", "inside", account_id=account_id))
    assert await shown(database) == ShownCheck(account_id=account_id, check_id=public.id)


async def test_the_walk_for_a_check_to_show_has_an_end(database: Database, account_id: str) -> None:
    await hold(database, account_id)
    await completed(database, new_check(account_id))
    for count, is_found in ((LOOKED_THROUGH - 1, True), (1, False)):
        await completed(database, *(new_check(account_id, paths=("/a",)) for _ in range(count)))
        found = await shown(database)
        assert found is not None
        assert (found.check_id is not None) is is_found


async def test_a_name_that_nobody_publishes_costs_one_look_into_an_index(
    database: Database, account_id: str
) -> None:
    await rows(
        database,
        "INSERT INTO badges (fqdn, account_id) SELECT n || '.example', %s"
        " FROM generate_series(1, 5000) AS n",
        account_id,
    )
    await rows(database, "ANALYZE badges")
    parameters = {
        "fqdn": "none.example",
        "completed": "completed",
        "most": LOOKED_THROUGH,
        "ports": [80, 443],
        "paths": ["/"],
    }
    async with database.session() as connection:
        cursor = await connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + SHOWN, parameters
        )
        plan = "\n".join(line for (line,) in await cursor.fetchall())
    assert "Seq Scan on badges" not in plan
    assert pages_read(plan) <= 4


async def test_badges_go_with_their_account(database: Database, account_id: str) -> None:
    await hold(database, account_id)
    await rows(database, "DELETE FROM api_keys WHERE account_id = %s", account_id)
    await rows(database, "DELETE FROM accounts WHERE id = %s", account_id)
    assert await shown(database) is None
