import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import Postgres
from outscope.errors import InvalidRequest, RateLimited, Unavailable
from outscope.telemetry.logs import bound
from services.scheduler.domain.check import NewCheck, ProbeJob
from services.scheduler.domain.limits import Limit, Limits
from services.scheduler.loops.create import CreateBatcher, Order, Receipt
from services.scheduler.store.database import Database, open_database
from services.scheduler.store.migrate import migrate
from tests.backends import ServerProcess, postgres_process
from tests.integration.scheduler.driving import new_check, new_check_from, rows


def limits(
    counted_for: str = "key_a", rate: int = 0, in_flight: int = 0, monthly: int = 0
) -> Limits:
    return Limits(
        rate=Limit(counted_for=counted_for, most=rate),
        in_flight=Limit(counted_for=counted_for, most=in_flight),
        monthly=Limit(counted_for=counted_for, most=monthly),
    )


def order(*checks: NewCheck, key_id: str = "key_a", limit: int = 0) -> Order:
    return Order(limits=limits(key_id, limit), checks=checks or (new_check(),))


@pytest.fixture
def offered() -> list[ProbeJob]:
    return []


@pytest.fixture
def batcher(database: Database, offered: list[ProbeJob]) -> CreateBatcher:
    return CreateBatcher(database, offered.extend, deadline_s=300)


async def transactions(database: Database) -> int:
    """Return how many transactions stored the checks there are."""
    ((count,),) = await rows(database, "SELECT count(DISTINCT xmin::text) FROM checks")
    return int(count)


async def stored(database: Database) -> set[str]:
    return {check_id for (check_id,) in await rows(database, "SELECT id FROM checks")}


async def test_a_check_is_stored_and_its_job_offered_after_the_commit(
    batcher: CreateBatcher, database: Database, offered: list[ProbeJob]
) -> None:
    check = new_check(fqdn="a.example")
    receipt = await batcher.create(order(check))
    assert [each.id for each in receipt.checks] == [check.id]
    assert await rows(database, "SELECT id, created_at FROM checks") == [
        (check.id, receipt.checks[0].created_at)
    ]
    assert [(job.probe_id, job.attempt, job.spec) for job in offered] == [
        (check.probe_id, 1, check.spec)
    ]
    assert await rows(database, "SELECT deadline_at FROM probes") == [(offered[0].deadline_at,)]


async def test_a_check_from_several_is_stored_whole_and_a_job_offered_for_each(
    batcher: CreateBatcher, database: Database, offered: list[ProbeJob]
) -> None:
    several, alone = new_check_from("eu-west-1", "us-east-1"), new_check()
    receipts = await asyncio.gather(batcher.create(order(alone)), batcher.create(order(several)))
    assert receipts[1].checks[0].spec == several.spec
    assert {(job.probe_id, job.check_id, job.spec.vantage_point) for job in offered} == {
        *((probe_id, several.id, name) for name, probe_id in several.probes()),
        (alone.probe_id, alone.id, "eu-west-1"),
    }
    assert not any(job.spec.is_from_several for job in offered)
    stored_probes = await rows(
        database, "SELECT id, vantage_point FROM probes WHERE check_id = %s", several.id
    )
    assert {(name, probe_id) for probe_id, name in stored_probes} == set(several.probes())


async def test_a_check_whose_further_probes_cannot_be_stored_is_not_stored(
    batcher: CreateBatcher, database: Database, offered: list[ProbeJob]
) -> None:
    several = new_check_from("eu-west-1", "us-east-1")
    twice = replace(several, further_probe_ids=(several.probe_id,))
    with pytest.raises(psycopg.errors.UniqueViolation):
        await batcher.create(order(twice))
    assert await rows(database, "SELECT id FROM checks") == []
    assert offered == []


async def test_each_vantage_point_counts_by_the_minute(
    batcher: CreateBatcher,
) -> None:
    several = new_check_from("eu-west-1", "us-east-1", "ap-south-1")
    receipt = await batcher.create(order(several, limit=5))
    assert receipt.allowance.remaining == 2
    with pytest.raises(RateLimited):
        await batcher.create(order(new_check_from("a", "b", "c"), limit=5))


async def test_callers_that_come_during_a_transaction_share_the_next(
    batcher: CreateBatcher, database: Database
) -> None:
    orders = [order(new_check(), new_check(), key_id=f"key_{n}") for n in range(50)]
    receipts = await asyncio.gather(*(batcher.create(each) for each in orders))
    assert await transactions(database) <= 3
    for each, receipt in zip(orders, receipts, strict=True):
        assert [check.id for check in receipt.checks] == [check.id for check in each.checks]
    ids = [check.id for receipt in receipts for check in receipt.checks]
    assert await rows(database, "SELECT array_agg(id ORDER BY created_at) FROM checks") == [(ids,)]


async def test_a_group_has_a_bound(batcher: CreateBatcher, database: Database) -> None:
    many = [order(*(new_check() for _ in range(100)), key_id=f"key_{n}") for n in range(45)]
    await asyncio.gather(*(batcher.create(each) for each in many))
    assert len(await stored(database)) == 4500
    assert await transactions(database) >= 3


async def test_nobody_is_let_in_behind_a_line_that_waits_for_too_long(
    batcher: CreateBatcher, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scheduler.loops.create._MAX_GROUP_PROBES", 1)
    waiting = [asyncio.create_task(batcher.create(order(new_check()))) for _ in range(30)]
    await asyncio.sleep(0)
    monkeypatch.setattr("services.scheduler.loops.create._MAX_WAIT_S", -1.0)
    with pytest.raises(Unavailable):
        await batcher.create(order(new_check()))
    await asyncio.gather(*waiting)
    # Once the line is gone whoever comes is let in.
    await batcher.create(order(new_check()))
    assert await rows(database, "SELECT count(*) FROM checks") == [(31,)]


async def test_a_line_whose_writer_was_ended_is_written_by_whoever_comes_next(
    batcher: CreateBatcher, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.scheduler.loops.create._MAX_GROUP_PROBES", 1)
    waiting = [asyncio.create_task(batcher.create(order())) for _ in range(3)]
    async with asyncio.timeout(5):
        await asyncio.sleep(0.001)
        (writer,) = (each for each in asyncio.all_tasks() if each.get_name() == "create")
        writer.cancel()
        await asyncio.wait((writer,))
        monkeypatch.setattr("services.scheduler.loops.create._MAX_WAIT_S", -1.0)
        await batcher.create(order())
        await asyncio.wait(waiting[1:])
    waiting[0].cancel()  # what was being written; nobody knows what came of it
    assert await rows(database, "SELECT count(*) >= 3 FROM checks") == [(True,)]


async def test_a_limit_is_kept_to_the_check_within_and_across_groups(
    batcher: CreateBatcher, database: Database
) -> None:
    outcomes = await asyncio.gather(
        *(batcher.create(order(limit=7)) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(each, Receipt) for each in outcomes) == 7
    refusals = [each for each in outcomes if isinstance(each, RateLimited)]
    assert len(refusals) == 13
    assert refusals[0].details["limit"] == 7
    assert refusals[0].details["remaining"] == 0
    assert 0 < int(str(refusals[0].details["reset_s"])) <= 60
    assert len(await stored(database)) == 7
    with pytest.raises(RateLimited):
        await batcher.create(order(limit=7))


async def test_what_would_exceed_the_limit_is_refused_whole_and_costs_nothing(
    batcher: CreateBatcher, database: Database
) -> None:
    first = await batcher.create(order(*(new_check() for _ in range(6)), limit=10))
    assert first.allowance.remaining == 4
    with pytest.raises(RateLimited) as refused:
        await batcher.create(order(*(new_check() for _ in range(5)), limit=10))
    assert refused.value.details["remaining"] == 4
    last = await batcher.create(order(*(new_check() for _ in range(4)), limit=10))
    assert last.allowance.remaining == 0
    assert len(await stored(database)) == 10


async def test_an_order_larger_than_the_limit_stops_no_other(
    batcher: CreateBatcher, database: Database
) -> None:
    large = order(*(new_check() for _ in range(4)), limit=3)
    outcomes = await asyncio.gather(
        *(batcher.create(each) for each in (order(limit=3), large, order(limit=3))),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes] == [Receipt, InvalidRequest, Receipt]
    assert len(await stored(database)) == 2


async def test_a_limit_is_exact_over_two_schedulers(database: Database, database_url: str) -> None:
    async with open_database(database_url) as other:
        batchers = [
            CreateBatcher(each, lambda _: None, deadline_s=300) for each in (database, other)
        ]
        outcomes = await asyncio.gather(
            *(batchers[n % 2].create(order(limit=100)) for n in range(150)),
            *(
                batchers[n % 2].create(order(new_check(), new_check(), new_check(), limit=100))
                for n in range(50)
            ),
            return_exceptions=True,
        )
    created = [each for each in outcomes if isinstance(each, Receipt)]
    assert all(isinstance(each, Receipt | RateLimited) for each in outcomes)
    assert sum(len(each.checks) for each in created) == 100
    assert len(await stored(database)) == 100


async def test_a_new_minute_is_a_new_allowance(batcher: CreateBatcher, database: Database) -> None:
    await batcher.create(order(limit=1))
    with pytest.raises(RateLimited):
        await batcher.create(order(limit=1))
    await rows(database, "UPDATE rate_windows SET started_at = now() - interval '61 seconds'")
    assert (await batcher.create(order(limit=1))).allowance.remaining == 0


async def test_a_counter_that_was_deleted_is_made_again(
    batcher: CreateBatcher, database: Database
) -> None:
    await batcher.create(order(limit=1))
    await rows(database, "DELETE FROM rate_windows")
    with pytest.raises(Unavailable):
        await batcher.create(order(limit=1))
    await batcher.create(order(limit=1))
    with pytest.raises(RateLimited):
        await batcher.create(order(limit=1))


async def test_an_order_of_nothing_tells_the_allowance(batcher: CreateBatcher) -> None:
    await batcher.create(order(limit=10))
    receipt = await batcher.create(Order(limits=limits(rate=10), checks=()))
    assert receipt.checks == ()
    assert receipt.allowance.remaining == 9


async def test_no_limit_touches_no_row(batcher: CreateBatcher, database: Database) -> None:
    await batcher.create(order(limit=0))
    assert await rows(database, "SELECT * FROM rate_windows") == []


async def test_a_caller_that_hangs_up_breaks_nobody_else(
    batcher: CreateBatcher, database: Database
) -> None:
    orders = [order() for _ in range(30)]
    calls = [asyncio.create_task(batcher.create(each)) for each in orders]
    await asyncio.sleep(0)
    for call in calls[::3]:
        call.cancel()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    kept = [each for number, each in enumerate(outcomes) if number % 3]
    assert all(isinstance(each, Receipt) for each in kept)
    assert {each.checks[0].id for number, each in enumerate(orders) if number % 3} <= await stored(
        database
    )
    await batcher.create(order())


async def test_one_caller_s_poison_fails_nobody_else(
    batcher: CreateBatcher, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    first = new_check()
    await batcher.create(order(first))
    # The same id again, and a text Postgres cannot hold: neither can come from our own code.
    poison = [order(first), order(new_check(fqdn="a\0b"))]
    healthy = [order(key_id=f"key_{n}") for n in range(10)]
    with bound(account_id="acc_first"):
        outcomes = await asyncio.gather(
            *(batcher.create(each) for each in [*healthy[:5], *poison, *healthy[5:]]),
            return_exceptions=True,
        )
    # Told of all of them, and so of none.
    (told,) = [vars(line)["fields"] for line in caplog.records if "apart" in line.message]
    assert "account_id" not in told
    assert isinstance(outcomes[5], psycopg.errors.UniqueViolation)
    assert isinstance(outcomes[6], psycopg.DataError)
    assert sum(isinstance(each, Receipt) for each in outcomes) == 10
    assert {each.checks[0].id for each in healthy} <= await stored(database)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[ServerProcess[Postgres]]:
    with postgres_process(tmp_path) as process:
        yield process


async def test_an_outage_is_told_to_every_caller_and_ends_with_it(
    own_postgres: ServerProcess[Postgres],
) -> None:
    url = own_postgres.server.url("postgres")
    await migrate(url)
    async with open_database(url, patience_s=1) as database:
        offer: Callable[[Sequence[ProbeJob]], None] = lambda _: None  # noqa: E731 - nobody listens
        batcher = CreateBatcher(database, offer, deadline_s=300)
        await batcher.create(order())
        own_postgres.stop()
        outcomes = await asyncio.gather(
            *(batcher.create(order()) for _ in range(5)), return_exceptions=True
        )
        assert [type(each) for each in outcomes] == [Unavailable] * 5
        own_postgres.start()
        assert len((await batcher.create(order())).checks) == 1
