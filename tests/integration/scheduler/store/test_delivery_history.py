import pytest
from psycopg import sql

from services.scheduler.domain.delivery import DeliveryState
from services.scheduler.store.database import Database
from services.scheduler.store.delivery_history import (
    find_recorded_delivery,
    list_deliveries,
    page_statement,
)
from tests.integration.scheduler.driving import rows
from tests.integration.scheduler.rpc.hooking import add_delivery
from tests.integration.scheduler.store.planned import pages_read
from tests.integration.scheduler.store.test_webhooks import add

STATES = [*DeliveryState]


@pytest.mark.parametrize(
    "states", [(), (DeliveryState.FAILED,), (DeliveryState.WAITING, DeliveryState.PUBLISHED)]
)
async def test_states_are_merged_in_one_order_and_begin_before_an_id(
    database: Database, states: tuple[DeliveryState, ...]
) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    stored = [
        (await add_delivery(database, "whk_1", number, STATES[number % len(STATES)]), number)
        for number in range(2 * len(STATES))
    ]
    await add_delivery(database, "whk_2", 50, states[0] if states else "failed")
    wanted = [
        delivery_id
        for delivery_id, number in reversed(stored)
        if not states or STATES[number % len(STATES)] in states
    ]
    async with database.session() as connection:
        found: list[str] = []
        while True:
            page = await list_deliveries(
                connection,
                "whk_1",
                states=states,
                before_id=found[-1] if found else None,
                limit=1,
            )
            if not page:
                break
            found += [each.id for each in page]
    assert found == wanted


async def test_a_delivery_is_found_by_its_webhook_with_its_attempts_latest_first(
    database: Database,
) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    delivery_id = await add_delivery(database, "whk_1", 1, "failed", attempts=3)
    await rows(database, "UPDATE delivery_attempts SET status_code = NULL WHERE attempt = 2")
    async with database.session() as connection:
        found = await find_recorded_delivery(connection, delivery_id, webhook_id="whk_1")
        assert await find_recorded_delivery(connection, delivery_id, webhook_id="whk_2") is None
        assert await find_recorded_delivery(connection, "dlv_x", webhook_id="whk_1") is None
    assert found is not None
    assert [(each.attempt, each.status_code) for each in found.attempts] == [
        (3, 503),
        (2, None),
        (1, 503),
    ]


@pytest.mark.parametrize("states", [(), (DeliveryState.FAILED,), (DeliveryState.HELD,)])
async def test_a_page_is_read_in_the_order_of_an_index(
    database: Database, states: tuple[DeliveryState, ...]
) -> None:
    """What a page costs must not depend on how many deliveries there are."""
    await add(database, "whk_1", "acc_a", "*")
    await rows(
        database,
        "INSERT INTO webhook_deliveries (id, webhook_id, check_id, event_type, message_id,"
        " event_at, state, attempt, due_at) SELECT 'dlv_' || lpad(n::text, 26, '0'), 'whk_1',"
        " 'chk_' || n, 'check.failed', 'msg_' || n, now(), (ARRAY['failed', 'held'])[n %% 2 + 1],"
        " 1, now() FROM generate_series(1, %s) AS n",
        2000,
    )
    await rows(database, "ANALYZE webhook_deliveries")
    before = await blocks_read(database)
    async with database.session() as connection:
        page = await list_deliveries(connection, "whk_1", states=states, before_id=None, limit=5)
    assert len(page) == 5
    # All of them would be some hundred.
    assert await blocks_read(database) - before < 40


async def blocks_read(database: Database) -> int:
    """Return how many blocks of deliveries and of their indexes were asked for so far."""
    await rows(database, "SELECT pg_stat_force_next_flush()")
    ((count,),) = await rows(
        database,
        "SELECT heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read"
        " FROM pg_statio_user_tables WHERE relname = 'webhook_deliveries'",
    )
    return int(count)


async def fill(database: Database, count: int) -> None:
    """Store so many deliveries of two webhooks, of which nearly all arrived; whk_1 has the oldest.

    Who reads them in the order of their ids alone passes all of the other's.
    """
    await rows(
        database,
        "INSERT INTO webhook_deliveries (id, webhook_id, check_id, event_type, message_id,"
        " event_at, state, attempt, due_at)"
        " SELECT 'dlv_' || lpad(n::text, 26, '0'),"
        " 'whk_' || CASE WHEN n <= 4 * %s / 5 THEN 1 ELSE 2 END, 'chk_' || n,"
        " 'check.completed', 'msg_' || n, now(),"
        " CASE WHEN n %% 100 < 2 THEN 'failed' WHEN n %% 100 < 4 THEN 'waiting'"
        " ELSE 'delivered' END, 1, now() FROM generate_series(1, %s) AS n",
        *(count, count),
    )
    await rows(database, "ANALYZE webhook_deliveries")


@pytest.mark.parametrize(
    "states",
    [
        (),
        (DeliveryState.WAITING, DeliveryState.PUBLISHED),
        (DeliveryState.DELIVERED,),
        (DeliveryState.FAILED,),
        (DeliveryState.HELD,),
    ],
)
@pytest.mark.parametrize("before_id", [None, f"dlv_{4_000:026d}"])
async def test_a_page_comes_in_order_by_an_index_at_a_cost_that_does_not_grow(
    database: Database, states: tuple[DeliveryState, ...], before_id: str | None
) -> None:
    await add(database, "whk_1", "acc_a", "*")
    await add(database, "whk_2", "acc_a", "*")
    costs = []
    for count in (5_000, 50_000):
        await rows(database, "TRUNCATE webhook_deliveries")
        await fill(database, count)
        statement, parameters = page_statement(
            "whk_1", states=states, before_id=before_id, limit=20
        )
        async with database.session() as connection:
            cursor = await connection.execute(
                sql.SQL("EXPLAIN (ANALYZE, BUFFERS) ") + statement, parameters
            )
            plan = "\n".join(line for (line,) in await cursor.fetchall())
        scans = [line for line in plan.splitlines() if "on webhook_deliveries" in line]
        assert len(scans) == len(states or DeliveryState)
        assert all("using webhook_deliveries_pages" in line for line in scans)
        assert "Rows Removed by Filter" not in plan
        costs.append(pages_read(plan))
    # Each branch reads what may be on the page; one level of the index more.
    assert costs[1] <= costs[0] * 1.5 + 2 * len(states or DeliveryState)
