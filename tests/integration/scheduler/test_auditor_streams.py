"""What streams hold that belongs to no row is found, and no other."""

import asyncio
import json

import nats

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.v1 import messages_pb2
from services.scheduler.auditor import audit
from services.scheduler.domain.invariant import InvariantName
from services.scheduler.store.database import Database
from tests.integration.scheduler.auditing import AtRest, broken, job_of
from tests.integration.scheduler.driving import rows


async def test_a_job_without_an_open_probe_at_its_attempt_is_found(
    at_rest: AtRest, database_url: str, nats_url: str, bus: Bus
) -> None:
    unwanted = [
        job_of(at_rest.failed),  # ended
        job_of(at_rest.published, attempt=2),
        messages_pb2.ProbeJob(probe_id="prb_none", attempt=1),
    ]
    for job in unwanted:
        await bus.publish(subjects.jobs("eu-west-1"), job.SerializeToString())
    last = await bus.publish(subjects.jobs("eu-west-1"), b"\xff")
    await bus.publish(subjects.jobs("eu-west-1"), job_of(at_rest.queued).SerializeToString())
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert (found.name, found.count) == (InvariantName.JOB_IS_WANTED, 4)
    assert found.ids == (
        f"JOBS/{last - 3} ({at_rest.failed.probe_id}-1)",
        f"JOBS/{last - 2} ({at_rest.published.probe_id}-2)",
        f"JOBS/{last - 1} (prb_none-1)",
        f"JOBS/{last} (unreadable)",
    )


async def test_a_report_without_a_probe_is_found(
    at_rest: AtRest, database_url: str, nats_url: str, bus: Bus
) -> None:
    for probe_id in ("prb_none", at_rest.told.probe_id):
        report = messages_pb2.ProbeReport(probe_id=probe_id, attempt=1)
        await bus.publish(subjects.REPORTS, report.SerializeToString())
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert (found.name, found.count) == (InvariantName.REPORT_HAS_PROBE, 1)


async def test_a_delivery_job_that_nobody_wants_is_found(
    at_rest: AtRest, database: Database, database_url: str, nats_url: str, bus: Bus
) -> None:
    ((delivered,),) = await rows(
        database, "SELECT id FROM webhook_deliveries WHERE state = 'delivered'"
    )
    for delivery_id in ("dlv_none", delivered):
        job = messages_pb2.DeliveryJob(delivery_id=delivery_id, attempt=1)
        await bus.publish(subjects.DELIVERIES, job.SerializeToString())
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert (found.name, found.count) == (InvariantName.DELIVERY_JOB_IS_WANTED, 2)
    # The jobs of a webhook that was disabled are dropped by whoever takes them.
    await rows(database, "UPDATE webhooks SET disabled_at = now()")
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert (found.name, found.count) == (InvariantName.DELIVERY_JOB_IS_WANTED, 1)


async def test_a_report_of_an_attempt_without_a_delivery_is_found(
    at_rest: AtRest, database_url: str, nats_url: str, bus: Bus
) -> None:
    attempt = messages_pb2.DeliveryAttempt(delivery_id="dlv_none", attempt=1)
    await bus.publish(subjects.DELIVERY_ATTEMPTS, attempt.SerializeToString())
    assert await broken(database_url, nats_url) == [InvariantName.ATTEMPT_REPORT_HAS_DELIVERY]


async def test_what_tells_of_a_lost_job_that_is_not_there_is_found(
    at_rest: AtRest, database_url: str, nats_url: str
) -> None:
    told = subjects.LOST_JOBS.replace("*", "prober-eu-west-1")
    client = await nats.connect(nats_url)
    try:
        # The first is of the job of at_rest.published.
        for sequence in (1, 7):
            advisory = {"consumer": "prober-eu-west-1", "stream_seq": sequence}
            await client.publish(told, json.dumps(advisory).encode())
        await client.publish(told, b"{}")
        await client.flush()
        while (await client.jetstream().stream_info("LOST_JOBS")).state.messages < 3:
            await asyncio.sleep(0.02)
    finally:
        await client.close()
    (found,) = await audit(database_url, nats_url, grace_s=0)
    assert found.name is InvariantName.LOST_JOB_IS_HELD
    assert found.ids == ("LOST_JOBS/2 (JOBS/7)", "LOST_JOBS/3 (unreadable)")
