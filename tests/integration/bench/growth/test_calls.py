"""What a call costs the database does not depend on how many checks there are.

Counted in pages that its statements touch, not in time. A tree that is a hundred times as large is
one page deeper, which is what the bound leaves room for; whatever is read in proportion is not.
"""

import pytest

from bench.growth.compare import costs_with
from bench.growth.rows import fill
from services.scheduler.store.migrate import migrate

DEEPER = 1.5
# The rows of a page of a list lie on as many pages of the table at most.
A_PAGE = 20
ROUNDS = 8


async def hold(database_url: str, *, few: int, many: int) -> None:
    await migrate(database_url)
    await fill(database_url, 0, few)
    before = await costs_with(database_url, few, ROUNDS)
    await fill(database_url, few, many - few)
    after = await costs_with(database_url, many, ROUNDS)
    assert {name: cost.tables_read_whole for name, cost in {**before, **after}.items()} == (
        dict.fromkeys(before, 0)
    )
    dearer = {
        name: (before[name].buffers, after[name].buffers)
        for name in before
        if after[name].buffers > DEEPER * before[name].buffers + A_PAGE
    }
    assert dearer == {}


async def test_ten_times_the_checks_cost_no_call_more(database_url: str) -> None:
    await hold(database_url, few=4_000, many=40_000)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_million_checks_cost_no_call_more_than_ten_thousand(database_url: str) -> None:
    await hold(database_url, few=10_000, many=1_000_000)
