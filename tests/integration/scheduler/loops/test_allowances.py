import asyncio
from dataclasses import replace

import pytest

from outscope.errors import InflightLimited, QuotaExceeded, RateLimited
from services.scheduler.domain.check import NewCheck
from services.scheduler.domain.limits import Limit, Limits
from services.scheduler.domain.rate import moment_text
from services.scheduler.loops.create import CreateBatcher, Order, Receipt
from services.scheduler.store.database import Database, open_database
from tests.integration.scheduler.driving import new_check, rows


def order(
    count: int = 1, *, in_flight: int = 0, monthly: int = 0, rate: int = 0, own: str = ""
) -> Order:
    """Return an order of acc_a's, held to a limit of the key's own for in flight when own."""
    checks: list[NewCheck] = [replace(new_check("acc_a"), counted_for=own) for _ in range(count)]
    return Order(
        limits=Limits(
            rate=Limit(counted_for="acc_a", most=rate),
            in_flight=Limit(counted_for=own or "acc_a", most=in_flight),
            monthly=Limit(counted_for="acc_a", most=monthly),
        ),
        checks=tuple(checks),
    )


@pytest.fixture
def batcher(database: Database) -> CreateBatcher:
    return CreateBatcher(database, lambda _: None, deadline_s=300)


async def count(database: Database) -> int:
    ((stored,),) = await rows(database, "SELECT count(*) FROM checks")
    return int(stored)


@pytest.mark.parametrize("kind", ["in_flight", "monthly"])
async def test_a_limit_is_exact_over_two_schedulers_and_batches_count_whole(
    database: Database, database_url: str, kind: str
) -> None:
    async with open_database(database_url) as other:
        batchers = [
            CreateBatcher(each, lambda _: None, deadline_s=300) for each in (database, other)
        ]
        orders = [
            order(
                1 + 6 * (n % 2),
                in_flight=100 if kind == "in_flight" else 0,
                monthly=100 if kind == "monthly" else 0,
            )
            for n in range(80)
        ]
        outcomes = await asyncio.gather(
            *(batchers[n // 2 % 2].create(each) for n, each in enumerate(orders)),
            return_exceptions=True,
        )
    created = [each for each in outcomes if isinstance(each, Receipt)]
    assert all(isinstance(each, Receipt | RateLimited) for each in outcomes), outcomes
    assert await count(database) == sum(len(each.checks) for each in created)
    # Whatever was refused did not fit, so not more than a batch of seven is left.
    assert 94 <= await count(database) <= 100


async def test_a_place_is_free_again_when_a_check_has_ended(
    batcher: CreateBatcher, database: Database
) -> None:
    await batcher.create(order(3, in_flight=3))
    with pytest.raises(InflightLimited) as refused:
        await batcher.create(order(in_flight=3))
    assert refused.value.details["remaining"] == 0
    ((latest,),) = await rows(database, "SELECT max(created_at) + interval '300 s' FROM checks")
    assert refused.value.details["reset_at"] == moment_text(latest)
    await rows(
        database, "UPDATE checks SET status = 'completed' WHERE id = (SELECT min(id) FROM checks)"
    )
    await batcher.create(order(in_flight=3))
    with pytest.raises(InflightLimited):
        await batcher.create(order(in_flight=3))


async def test_a_key_with_a_limit_of_its_own_is_counted_apart_from_its_account(
    batcher: CreateBatcher,
) -> None:
    await batcher.create(order(2, in_flight=2))
    await batcher.create(order(3, in_flight=3, own="key_a"))
    with pytest.raises(InflightLimited, match="This account"):
        await batcher.create(order(in_flight=2))
    with pytest.raises(InflightLimited, match="This key"):
        await batcher.create(order(in_flight=3, own="key_a"))


async def test_a_refusal_counts_for_no_limit(batcher: CreateBatcher, database: Database) -> None:
    await batcher.create(order(2, rate=10, monthly=10, in_flight=3))
    with pytest.raises(InflightLimited):
        await batcher.create(order(2, rate=10, monthly=10, in_flight=3))
    with pytest.raises(RateLimited):
        await batcher.create(order(9, rate=10, monthly=100))
    assert await rows(database, "SELECT used, month_used FROM rate_windows") == [(2, 2)]


async def test_the_month_is_counted_from_the_first_limit_on_and_begins_anew(
    batcher: CreateBatcher, database: Database
) -> None:
    await batcher.create(order(4, rate=100))
    with pytest.raises(QuotaExceeded) as refused:
        await batcher.create(order(3, monthly=6))
    assert refused.value.details["remaining"] == 2
    await rows(database, "UPDATE rate_windows SET month = month - interval '1 month'")
    await batcher.create(order(3, monthly=6))
    assert await rows(database, "SELECT month_used FROM rate_windows") == [(3,)]
