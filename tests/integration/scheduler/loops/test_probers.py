import asyncio

import pytest

from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.subjects import JOBS_STREAM, jobs
from outscope.clock import utc_now
from outscope.failures import FailureReason
from outscope.v1 import messages_pb2
from services.scheduler.loops.ending import Ending
from services.scheduler.loops.probers import LiveProbers, Unserved
from services.scheduler.store.database import Database
from services.scheduler.store.probes import mark_published
from tests.integration.scheduler.driving import eventually, new_check, rows, stop, store
from tests.producing import produces, saw_reason


class Clock:
    """The seam where time passes."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


async def tell(bus: Bus, vantage: str, prober: str, *faults: str) -> None:
    word = messages_pb2.ProberPresence(
        vantage_point=vantage,
        prober_id=prober,
        unfit=[messages_pb2.Unfitness(part="canary", reason=fault) for fault in faults],
    )
    await bus.keep_present(f"{vantage}.{prober}", word.SerializeToString())


async def test_who_is_there_is_known_by_vantage_point(bus: Bus) -> None:
    probers = LiveProbers(bus, Clock())
    await tell(bus, "mars-1", "b", "away")
    await tell(bus, "mars-1", "a")
    await tell(bus, "mars-2", "c")
    await bus.keep_present("mars-3.x", b"\xff")
    await probers.read()
    assert {
        name: [(each.prober_id, each.is_fit) for each in found]
        for name, found in probers.by_vantage.items()
    } == {"mars-1": [("a", True), ("b", False)], "mars-2": [("c", True)]}


async def test_a_vantage_point_is_served_for_a_while_after_its_last_fit_prober(bus: Bus) -> None:
    clock = Clock()
    probers = LiveProbers(bus, clock)
    assert probers.served(60) is None
    await tell(bus, "mars-1", "a")
    await tell(bus, "mars-2", "b", "away")
    await probers.read()
    assert probers.served(60) is None  # nobody knows who was there before
    clock.now_s += 60
    await probers.read()
    assert probers.served(60) == frozenset({"mars-1"})
    await tell(bus, "mars-1", "a", "away")
    clock.now_s += 59
    await probers.read()
    assert probers.served(60) == frozenset({"mars-1"})
    clock.now_s += 1
    assert probers.served(60) == frozenset()


async def test_a_prober_that_only_says_so_serves_its_vantage_point_too(bus: Bus) -> None:
    clock = Clock()
    probers = LiveProbers(bus, clock)
    await probers.read()
    clock.now_s += 60
    word = messages_pb2.ProberPresence(vantage_point="mars-1", prober_id="old")
    listening = asyncio.create_task(probers.listen())

    async def is_served() -> bool:
        await bus.send("presence.mars-1", word.SerializeToString())
        await bus.send("presence.mars-1", b"\xff")
        return probers.served(60) == frozenset({"mars-1"})

    await eventually(is_served)
    await stop(listening)
    unfit = [messages_pb2.Unfitness(part="canary", reason="away")]
    await probers.hear(
        "presence.mars-2",
        messages_pb2.ProberPresence(vantage_point="mars-2", unfit=unfit).SerializeToString(),
    )
    assert probers.served(60) == frozenset({"mars-1"})


async def test_while_the_bus_is_away_nobody_is_known_to_be_missing(nats_url: str) -> None:
    clock = Clock()
    async with connect_bus(nats_url, "test") as closing:
        probers = LiveProbers(closing, clock)
        await probers.read()
        clock.now_s += 60
        assert probers.served(60) is not None
    with pytest.raises(BusUnavailable):
        await probers.read()
    assert probers.served(60) is None


@produces(FailureReason.VANTAGE_UNAVAILABLE)
async def test_checks_that_wait_where_nobody_is_fit_end_after_a_while_and_it_is_our_fault(
    database: Database, bus: Bus
) -> None:
    clock = Clock()
    probers = LiveProbers(bus, clock)
    ending = Ending(database, bus, lambda _: None, utc_now)
    unserved = Unserved(database, bus, probers, ending, patience_s=60)
    old, young, served = (
        new_check(vantage_point=name) for name in ("mars-1", "mars-1", "eu-west-1")
    )
    await store(database, old, young, served)
    await rows(
        database,
        "UPDATE checks SET created_at = now() - interval '61 s' WHERE id <> %s",
        young.id,
    )
    await tell(bus, "mars-1", "a", "away")
    await tell(bus, "eu-west-1", "b")
    await probers.read()
    await unserved.end()
    assert await rows(database, "SELECT DISTINCT status FROM checks") == [("pending",)]
    clock.now_s += 60
    await probers.read()
    await unserved.end()
    ((check_id, reason, owner, message),) = await rows(
        database,
        "SELECT id, failure_reason, failure_owner, failure_message FROM checks"
        " WHERE status = 'failed'",
    )
    saw_reason(reason)
    assert (check_id, reason, owner) == (old.id, "vantage_unavailable", "ours")
    assert message == "No prober of mars-1 was alive and fit for 60 seconds (canary: away)."


async def test_the_job_of_a_check_that_nobody_was_there_for_is_on_the_bus_no_more(
    database: Database, bus: Bus
) -> None:
    clock = Clock()
    probers = LiveProbers(bus, clock)
    ending = Ending(database, bus, lambda _: None, utc_now)
    unserved = Unserved(database, bus, probers, ending, patience_s=60)
    check, young = (new_check(vantage_point="mars-1") for _ in range(2))
    await store(database, check, young)
    placed = []
    for each in (check, young):
        sequence = await bus.publish(jobs("mars-1"), b"job", f"{each.probe_id}-1")
        placed.append((each.probe_id, 1, sequence))
    async with database.session() as connection:
        await mark_published(connection, placed, lease_s=60)
    await rows(
        database, "UPDATE checks SET created_at = now() - interval '61 s' WHERE id = %s", check.id
    )
    await probers.read()
    clock.now_s += 60
    await unserved.end()
    held = [
        await bus.holds(JOBS_STREAM.name, sequence, f"{probe_id}-1")
        for probe_id, _, sequence in placed
    ]
    assert held == [False, True]
