from datetime import timedelta

import grpc.aio
import pytest

from outscope.bus.connect import Bus
from outscope.bus.subjects import presence
from outscope.clock import utc_now
from outscope.v1 import check_pb2, messages_pb2, vantage_service_pb2
from tests.integration.scheduler.driving import Caller, completed, eventually, probing


async def told(caller: Caller) -> dict[str, vantage_service_pb2.VantagePoint]:
    answer = await caller.vantages.ListVantagePoints(
        vantage_service_pb2.ListVantagePointsRequest(), metadata=caller.metadata
    )
    return {each.name: each for each in answer.vantage_points}


async def test_configured_vantage_points_are_listed_though_nobody_is_there(caller: Caller) -> None:
    listed = await told(caller)
    assert list(listed) == ["eu-west-1", "us-east-1"]
    assert listed["us-east-1"] == vantage_service_pb2.VantagePoint(name="us-east-1")


async def test_who_is_there_is_told_with_fitness_and_queue(caller: Caller, bus: Bus) -> None:
    for prober, faults in (("a", []), ("b", ["away"])):
        word = messages_pb2.ProberPresence(
            vantage_point="mars-1",
            prober_id=prober,
            version="9",
            has_ipv6=True,
            unfit=[messages_pb2.Unfitness(part="canary", reason=each) for each in faults],
            tags=["continent:none", f"prober:{prober}"],
        )
        await bus.send(presence("mars-1"), word.SerializeToString())
        await bus.keep_present(f"mars-1.{prober}", word.SerializeToString())
    await caller.create(vantage_point="us-east-1")

    async def are_there() -> bool:
        found = (await told(caller)).get("mars-1")
        return found is not None and found.live_probers == 2

    await eventually(are_there)
    listed = await told(caller)
    assert listed["mars-1"] == vantage_service_pb2.VantagePoint(
        name="mars-1",
        live_probers=2,
        fit_probers=1,
        faults=[vantage_service_pb2.VantageFault(part="canary", reason="away")],
        has_ipv6=True,
        versions=["9"],
        tags=["continent:none", "prober:a", "prober:b"],
    )
    assert listed["us-east-1"].queue == 1


def begun_later(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    """A report of a check that was begun three seconds after its job was taken."""
    report = completed(job)
    report.result.observer.started_at.FromDatetime(utc_now() + timedelta(seconds=3))
    return report


async def test_the_typical_wait_is_that_of_checks_that_ended(caller: Caller, bus: Bus) -> None:
    async with probing(bus, outcome=begun_later):
        for _ in range(3):
            check = await caller.create()
            (*_, ended) = await caller.watch(check.id)
            assert ended.status == check_pb2.CHECK_STATUS_COMPLETED
    listed = (await told(caller))["eu-west-1"]
    assert 3.0 <= listed.typical_wait_s < 5.0
    assert listed.queue == 0


async def test_it_takes_a_key(address: str, caller: Caller) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await caller.vantages.ListVantagePoints(vantage_service_pb2.ListVantagePointsRequest())
    assert raised.value.code() is grpc.StatusCode.UNAUTHENTICATED
