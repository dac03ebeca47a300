"""One check from several vantage points, from creation to what every vantage point saw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import grpc
import pytest

from outscope.bus.connect import Bus
from outscope.rpc.metadata import IDEMPOTENCY_KEY
from outscope.rpc.status import refusal_from
from outscope.v1 import check_pb2, check_service_pb2, facts_pb2, messages_pb2
from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.audit import broken_rows
from services.scheduler.store.database import Database
from tests.integration.scheduler.driving import (
    Caller,
    calling,
    completed,
    eventually,
    make_key,
    probing,
    report,
    rows,
    running_scheduler,
)

HERE, THERE = "eu-west-1", "us-east-1"
BOTH = [HERE, THERE]
PENDING = check_pb2.CHECK_STATUS_PENDING
COMPLETED = check_pb2.CHECK_STATUS_COMPLETED
FAILED = check_pb2.CHECK_STATUS_FAILED
CANCELLED = check_pb2.CHECK_STATUS_CANCELLED


def served(job: messages_pb2.ProbeJob, status: int = 200) -> messages_pb2.ProbeReport:
    """Return the report of a prober that the site answers with this status."""
    told = completed(job)
    is_well = status < 400
    analysis = told.result.analysis
    analysis.reachable = analysis.speaks_http = True
    analysis.analyzable = is_well
    analysis.analyzability = "analyzable" if is_well else "not_analyzable"
    analysis.kind = "website" if is_well else "none"
    told.result.paths.add(path="/", status_code=status)
    told.samples.append(facts_pb2.ContentSample(path="/", body=job.spec.vantage_point.encode()))
    return told


def blocked(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    return served(job, 451)


def refused(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeReport:
    failure = check_pb2.Failure(
        reason="target_refused", owner=facts_pb2.OWNER_POLICY, message="It is private."
    )
    return messages_pb2.ProbeReport(
        probe_id=job.probe_id, check_id=job.check_id, attempt=job.attempt, failure=failure
    )


async def broken(database: Database) -> list[InvariantName]:
    async with database.session() as connection:
        return [each.name for each in await broken_rows(connection, grace_s=5)]


async def ended(caller: Caller, check_id: str) -> check_pb2.Check:
    return (await caller.watch(check_id))[-1]


async def test_each_vantage_point_looks_and_what_they_see_is_merged(
    caller: Caller, bus: Bus, database: Database
) -> None:
    async with probing(bus, HERE, served) as here, probing(bus, THERE, blocked) as there:
        made = await caller.create(
            vantage_points=BOTH, quorum=check_pb2.QUORUM_ANY, include_content_sample=True
        )
        check = await ended(caller, made.id)
    assert made.status == PENDING
    assert not made.spec.HasField("vantage_point")
    assert list(made.spec.vantage_points) == BOTH
    # A prober is told of itself alone.
    for job, name in ((here[0], HERE), (there[0], THERE)):
        assert (job.spec.vantage_point, list(job.spec.vantage_points)) == (name, [])
        assert (job.check_id, job.attempt) == (made.id, 1)
    assert check.status == COMPLETED
    assert [(view.vantage_point, view.status) for view in check.vantages] == [
        (HERE, COMPLETED),
        (THERE, COMPLETED),
    ]
    assert [view.result.paths[0].status_code for view in check.vantages] == [200, 451]
    assert [view.samples[0].body for view in check.vantages] == [HERE.encode(), THERE.encode()]
    assert check.result == check.vantages[0].result
    assert check.samples[0].body == HERE.encode()
    assert check.agreement.code == "geo_blocked"
    assert [each.vantage_point for each in check.agreement.dissents] == [THERE]
    assert await broken(database) == []


async def test_one_that_cannot_look_fails_alone(caller: Caller, bus: Bus) -> None:
    async with probing(bus, HERE, refused), probing(bus, THERE, served):
        check = await ended(caller, (await caller.create(vantage_points=BOTH)).id)
    assert check.status == COMPLETED
    assert not check.HasField("failure")
    assert [view.status for view in check.vantages] == [FAILED, COMPLETED]
    assert check.vantages[0].failure.reason == "target_refused"
    assert check.result == check.vantages[1].result
    assert list(check.agreement.counted) == [THERE]


async def test_a_check_that_no_vantage_point_could_carry_out_has_failed(
    caller: Caller, bus: Bus, database: Database
) -> None:
    async with probing(bus, HERE, refused), probing(bus, THERE, refused):
        check = await ended(caller, (await caller.create(vantage_points=BOTH)).id)
    assert check.status == FAILED
    assert check.failure.reason == "target_refused"
    assert not check.HasField("result")
    assert await broken(database) == []


async def test_what_the_first_saw_is_told_while_the_others_are_waited_for(
    caller: Caller, bus: Bus
) -> None:
    async with probing(bus, HERE, served):
        made = await caller.create(vantage_points=BOTH)

        async def first_is_told() -> bool:
            return (await caller.find(made.id)).vantages[0].status == COMPLETED

        await eventually(first_is_told)
        check = await caller.find(made.id)
        assert (check.status, check.vantages[1].status) == (PENDING, PENDING)
        assert check.vantages[0].HasField("result")
        assert not check.HasField("result")
        request = check_service_pb2.CancelCheckRequest(id=made.id)
        answer = await caller.checks.CancelCheck(request, metadata=caller.metadata)
    assert answer.check.status == CANCELLED
    assert [view.status for view in answer.check.vantages] == [COMPLETED, CANCELLED]
    assert not answer.check.HasField("result")


async def test_a_result_seen_from_elsewhere_changes_nothing(
    caller: Caller, bus: Bus, database: Database
) -> None:
    made = await caller.create(vantage_points=BOTH)
    of_there = "SELECT id FROM probes WHERE check_id = %s AND vantage_point = %s"
    ((probe_id,),) = await rows(database, of_there, made.id, THERE)
    job = messages_pb2.ProbeJob(probe_id=probe_id, check_id=made.id, attempt=1, spec=made.spec)
    job.spec.vantage_point = HERE
    await report(bus, served(job))
    async with probing(bus, HERE, served), probing(bus, THERE, blocked):
        check = await ended(caller, made.id)
    assert check.vantages[1].result.paths[0].status_code == 451


@pytest.fixture
async def sparing(database_url: str, nats_url: str, database: Database) -> AsyncIterator[Caller]:
    """Somebody who may create five a minute, of a scheduler that ends what waits in vain."""
    async with AsyncExitStack() as stack:
        settings = {"OUTSCOPE_CHECK_DEADLINE": "9", "OUTSCOPE_INFLIGHT_LIMIT": "2"}
        address = await stack.enter_async_context(
            running_scheduler(database_url, nats_url, **settings)
        )
        key, _, _ = await make_key(database, rate_limit=5)
        yield await stack.enter_async_context(calling(address, key))


async def test_each_vantage_point_counts_by_the_minute_and_the_check_once_while_pending(
    sparing: Caller,
) -> None:
    for left in (3, 1):
        request = check_service_pb2.CreateCheckRequest(
            spec=check_pb2.CheckSpec(fqdn="example.com", vantage_points=BOTH)
        )
        answer = await sparing.checks.CreateCheck(request, metadata=sparing.metadata)
        assert answer.rate_limit.remaining == left
    with pytest.raises(grpc.aio.AioRpcError) as refused_call:
        await sparing.create()
    told = refusal_from(refused_call.value)
    assert told is not None
    assert told.code == "inflight_limit"


async def test_one_without_a_prober_ends_at_the_deadline_and_the_check_with_it(
    sparing: Caller, bus: Bus, database: Database
) -> None:
    async with probing(bus, THERE, served):
        check = await ended(sparing, (await sparing.create(vantage_points=BOTH)).id)
    assert check.status == COMPLETED
    assert check.vantages[0].status == FAILED
    assert check.vantages[0].failure.reason in {"deadline_exceeded", "vantage_unavailable"}
    assert HERE in check.vantages[0].failure.message
    assert check.agreement.code == "agree"
    assert await rows(database, "SELECT id FROM dead_letters") == []


async def test_a_request_for_all_is_the_same_when_there_are_more(
    caller: Caller, bus: Bus, database: Database
) -> None:
    request = check_service_pb2.CreateCheckRequest(
        spec=check_pb2.CheckSpec(fqdn="example.com", all_vantage_points=True)
    )
    metadata = (*caller.metadata, (IDEMPOTENCY_KEY, "everywhere"))
    first = await caller.checks.CreateCheck(request, metadata=metadata)
    assert list(first.check.spec.vantage_points) == BOTH
    word = messages_pb2.ProberPresence(vantage_point="ap-south-1", prober_id="p")
    await bus.send("presence.ap-south-1", word.SerializeToString())

    async def is_known() -> bool:
        made = await caller.create(all_vantage_points=True)
        return "ap-south-1" in made.spec.vantage_points

    await eventually(is_known)
    again = await caller.checks.CreateCheck(request, metadata=metadata)
    assert (again.replayed, again.check.id) == (True, first.check.id)
    request.spec.quorum = check_pb2.QUORUM_ALL
    with pytest.raises(grpc.aio.AioRpcError) as refused_call:
        await caller.checks.CreateCheck(request, metadata=metadata)
    told = refusal_from(refused_call.value)
    assert told is not None
    assert told.code == "idempotency_conflict"
    assert await broken(database) == []


async def test_a_request_under_a_key_is_replayed_though_there_are_too_many_by_now(
    caller: Caller, bus: Bus, database: Database
) -> None:
    spec = check_pb2.CheckSpec(fqdn="EXAMPLE.com", all_vantage_points=True)
    one = check_service_pb2.CreateCheckRequest(spec=spec)
    batch = check_service_pb2.BatchCreateChecksRequest(
        specs=[spec, check_pb2.CheckSpec(fqdn="a.example")]
    )
    metadata = (*caller.metadata, (IDEMPOTENCY_KEY, "everywhere"))
    first = await caller.checks.CreateCheck(one, metadata=metadata)
    firsts = await caller.checks.BatchCreateChecks(batch, metadata=metadata)
    for number in range(19):
        word = messages_pb2.ProberPresence(vantage_point=f"v-{number}", prober_id="p")
        await bus.send(f"presence.v-{number}", word.SerializeToString())

    async def are_too_many() -> bool:
        try:
            await caller.create(all_vantage_points=True)
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.INVALID_ARGUMENT
        return False

    await eventually(are_too_many)
    again = await caller.checks.CreateCheck(one, metadata=metadata)
    assert (again.replayed, again.check.id) == (True, first.check.id)
    batched = await caller.checks.BatchCreateChecks(batch, metadata=metadata)
    assert (batched.replayed, batched.items) == (True, firsts.items)
    one.spec.fqdn = "other.example"
    with pytest.raises(grpc.aio.AioRpcError) as refused_call:
        await caller.checks.CreateCheck(one, metadata=metadata)
    told = refusal_from(refused_call.value)
    assert told is not None
    assert told.code == "idempotency_conflict"
    assert await broken(database) == []


async def test_the_latest_from_a_vantage_point_may_be_one_from_several(
    caller: Caller, bus: Bus
) -> None:
    async def latest(vantage_point: str) -> str:
        request = check_service_pb2.GetLatestCheckRequest(
            fqdn="example.com", vantage_point=vantage_point
        )
        answer = await caller.checks.GetLatestCheck(request, metadata=caller.metadata)
        return str(answer.check.id)

    async with probing(bus, HERE, served), probing(bus, THERE, served):
        several = await caller.create(vantage_points=BOTH)
        await ended(caller, several.id)
        assert [await latest(name) for name in BOTH] == [several.id, several.id]
        alone = await caller.create(vantage_point=THERE)
        await ended(caller, alone.id)
        assert [await latest(name) for name in BOTH] == [several.id, alone.id]


async def test_a_batch_has_checks_from_one_and_from_several(
    caller: Caller, bus: Bus, database: Database
) -> None:
    specs = [
        check_pb2.CheckSpec(fqdn="a.example", vantage_points=BOTH),
        check_pb2.CheckSpec(fqdn="b.example"),
        check_pb2.CheckSpec(fqdn="c.example", vantage_points=[HERE, "mars"]),
        check_pb2.CheckSpec(fqdn="d.example", vantage_points=[THERE]),
    ]
    async with probing(bus, HERE, served), probing(bus, THERE, served):
        items = (await caller.batch(specs)).items
        assert items[2].problem.field == "vantage_points[1]"
        made = [item.check.id for item in items if item.HasField("check")]
        checks = await asyncio.gather(*(ended(caller, check_id) for check_id in made))
    assert [len(check.vantages) for check in checks] == [2, 0, 1]
    assert {check.status for check in checks} == {COMPLETED}
    assert await broken(database) == []
