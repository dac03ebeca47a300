import pytest
from prometheus_client import REGISTRY

from outscope.errors import Overloaded
from services.scheduler.loops.backlog import Backlog
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import new_check, rows, store


async def test_what_is_let_in_counts_until_the_next_look(database: Database) -> None:
    backlog = Backlog(database, most=5)
    backlog.admit([new_check() for _ in range(5)])
    with pytest.raises(Overloaded) as refused:
        backlog.admit([new_check()])
    assert refused.value.details["vantage_point"] == "eu-west-1"
    assert refused.value.details["retry_after_s"] == 10
    backlog.admit([new_check(vantage_point="mars-1")])
    await backlog.look()
    backlog.admit([new_check()])


async def test_what_waits_is_counted_by_its_vantage_point(database: Database) -> None:
    there = [new_check(vantage_point="mars-1") for _ in range(4)]
    await store(database, *there, new_check())
    await rows(database, "UPDATE probes SET state = 'published' WHERE id = %s", there[0].probe_id)
    backlog = Backlog(database, most=4)
    await backlog.look()
    backlog.admit([new_check(vantage_point="mars-1")])
    with pytest.raises(Overloaded, match="4 checks wait at mars-1"):
        backlog.admit([new_check(vantage_point="mars-1")])


async def test_a_batch_is_let_in_whole_or_not_at_all(database: Database) -> None:
    backlog = Backlog(database, most=2)
    with pytest.raises(Overloaded):
        backlog.admit([new_check(), *(new_check(vantage_point="mars-1") for _ in range(3))])
    backlog.admit([new_check(), new_check()])


async def test_without_a_bound_everything_is_let_in(database: Database) -> None:
    Backlog(database, most=0).admit([new_check() for _ in range(1000)])


async def test_what_waits_is_measured_and_is_zero_once_it_is_gone(database: Database) -> None:
    check = new_check(vantage_point="measured-1")
    await store(database, check)
    backlog = Backlog(database, most=5)
    labels = {"vantage_point": "measured-1"}
    await backlog.look()
    assert REGISTRY.get_sample_value("outscope_probes_waiting", labels) == 1
    await rows(database, "UPDATE probes SET state = 'published' WHERE id = %s", check.probe_id)
    await backlog.look()
    assert REGISTRY.get_sample_value("outscope_probes_waiting", labels) == 0
