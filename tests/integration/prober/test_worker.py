"""From a job on the bus to its report, with a real bus and real targets."""

import asyncio
import math
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, timedelta
from typing import cast

import pytest
from prometheus_client import REGISTRY

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.consume import Message
from outscope.bus.publish import BusUnavailable
from outscope.clock import utc_now
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Answer
from outscope.v1 import facts_pb2, messages_pb2
from services.prober import worker
from services.prober.facts import CheckSpec
from services.prober.observe.capacity import Places
from tests.integration.prober.conftest import NAME, Lab
from tests.integration.prober.jobs import (
    PAGE,
    PATIENCE_S,
    job_for,
    of_job,
    probing,
    report_of,
    reports,
    task_of,
    until_empty,
)
from tests.targets.certificates import Issued
from tests.targets.hostile import silent
from tests.targets.http import HttpServer


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with connect_bus(nats_url, "test") as connected:
        await connected.ensure_streams()
        yield connected


@pytest.fixture
def vantage() -> str:
    """A vantage point of this test's own."""
    return f"vantage-{secrets.token_hex(4)}"


async def test_a_job_is_answered_by_a_report_and_acknowledged(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    job = job_for(await lab.serve(HttpServer({"/": PAGE}), good), sampled=True, attempt=4)
    report = await report_of(bus, lab, vantage, job)
    assert report.check_id == "chk_1"
    assert report.attempt == 4
    assert report.result.observer.vantage_point == vantage
    assert report.result.observer.prober_id == "prober-1"
    assert report.result.observer.has_ipv6 is lab.has_ipv6
    assert report.result.observer.user_agent == "OutScope/test (+https://contact.test)"
    assert report.result.analysis.speaks_http
    assert report.result.ports[0].tls.valid
    assert report.result.paths[0].title == "Shop"
    assert report.samples[0].body == b"<title>Shop</title>"
    assert b"secret" not in report.SerializeToString()


async def test_the_stages_of_a_job_are_counted_at_its_vantage_point(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    port = await lab.serve(HttpServer({"/": PAGE}), good)
    await report_of(bus, lab, vantage, job_for(port))
    for stage in ("dns", "tcp", "tls", "http"):
        labels = {"vantage_point": vantage, "stage": stage, "code": "ok", "owner": "nobody"}
        assert REGISTRY.get_sample_value("outscope_stage_outcomes_total", labels) == 1


async def test_a_forbidden_target_is_reported_as_refused(bus: Bus, lab: Lab, vantage: str) -> None:
    lab.policy = Policy()
    report = await report_of(bus, lab, vantage, job_for(443))
    assert report.failure.reason == "target_refused"
    assert report.failure.owner == facts_pb2.OWNER_POLICY


async def test_a_job_after_its_deadline_is_left_to_who_has_the_time(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    server = HttpServer({"/": PAGE})
    job = job_for(await lab.serve(server, good), deadline=utc_now() - timedelta(seconds=1))
    report = await report_of(bus, lab, vantage, job)
    assert report.WhichOneof("outcome") == "postponed"
    assert report.postponed.wait_ms > 0
    assert server.connections == 0


async def test_a_job_without_a_deadline_is_begun(bus: Bus, lab: Lab, vantage: str) -> None:
    job = job_for(9)
    job.ClearField("deadline")
    report = await report_of(bus, lab, vantage, job)
    assert report.WhichOneof("outcome") == "result"


async def test_a_job_nobody_can_read_is_rejected_under_its_messages_id(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    probe_id, unreadable = f"prb_{secrets.token_hex(4)}", b"\xff\xff not a job"
    async with reports(bus) as collected, probing(bus, lab, vantage):
        await bus.publish(subjects.jobs(vantage), unreadable, f"{probe_id}-2")
        async with asyncio.timeout(PATIENCE_S):
            while (report := await collected.get()).probe_id != probe_id:
                pass
        await until_empty(bus, vantage)
    assert report.attempt == 2
    assert report.rejected.reason == "The job could not be read."
    assert report.rejected.vantage_point == vantage
    assert report.rejected.payload == unreadable


async def test_on_close_a_running_check_is_finished_and_reported(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    begun = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await silent(reader, writer)

    job = job_for(await lab.serve(slow))
    async with reports(bus) as collected:
        async with probing(bus, lab, vantage):
            await bus.publish(subjects.jobs(vantage), job.SerializeToString())
            await begun.wait()
        report = await of_job(collected, job)
    assert report.WhichOneof("outcome") == "result"
    await until_empty(bus, vantage)


async def test_what_cannot_be_finished_on_close_is_to_be_made_anew(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    begun = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await silent(reader, writer)

    job = job_for(await lab.serve(slow))
    async with reports(bus) as collected:
        async with probing(bus, lab, vantage, drain_s=0.05):
            await bus.publish(subjects.jobs(vantage), job.SerializeToString())
            await begun.wait()
        report = await of_job(collected, job)
    assert report.WhichOneof("outcome") == "postponed"
    assert (report.attempt, report.postponed.wait_ms) == (job.attempt, 0)
    await until_empty(bus, vantage)


class AwayBus:
    """A bus that takes a report only at the third try: the seam where our own fault is played."""

    max_payload_bytes = 1024 * 1024

    def __init__(self) -> None:
        self.tries: list[tuple[str, bytes, str | None]] = []

    async def publish(self, subject: str, payload: bytes, message_id: str | None = None) -> int:
        self.tries.append((subject, payload, message_id))
        if len(self.tries) < 3:
            raise BusUnavailable("away")
        return 1


class AckedMessage:
    """A message that notes how it was settled."""

    deliveries = 1
    subject = subjects.jobs("mars-1")
    message_id = "prb_1-1"
    traceparent = None

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.settled: list[str] = []

    async def ack(self) -> None:
        self.settled.append("ack")


async def test_a_report_is_kept_until_the_bus_takes_it(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outscope.bus.publish.RETRY_PAUSE_S", 0.0)
    away, message = AwayBus(), AckedMessage(job_for(9).SerializeToString())
    await task_of(cast("Bus", away), lab, "mars-1")(cast("Message", message))
    assert len(away.tries) == 3
    assert len(set(away.tries)) == 1
    assert message.settled == ["ack"]
    assert away.tries[0][0] == subjects.REPORTS


async def test_the_start_of_a_check_is_told(bus: Bus, lab: Lab, vantage: str) -> None:
    before = utc_now()
    report = await report_of(bus, lab, vantage, job_for(9))
    started = report.result.observer.started_at.ToDatetime(UTC)
    assert before <= started <= utc_now()


async def test_a_job_there_are_no_means_for_is_to_be_made_later(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    job = job_for(await lab.serve(HttpServer({"/": PAGE}), good))
    lab.places, lab.limits = Places(1), replace(lab.limits, deadline_s=0.3)
    await lab.places.take(math.inf)
    report = await report_of(bus, lab, vantage, job)
    assert report.postponed.wait_ms == 5000
    assert report.postponed.used_up == messages_pb2.BUDGET_KIND_UNSPECIFIED


async def test_what_was_seen_across_a_standstill_is_not_reported(
    bus: Bus, lab: Lab, vantage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = await lab.serve(HttpServer({"/": PAGE}))
    frozen_for(monkeypatch, lab, 2.5)
    report = await report_of(bus, lab, vantage, job_for(port))
    assert report.WhichOneof("outcome") == "postponed"


def frozen_for(monkeypatch: pytest.MonkeyPatch, lab: Lab, seconds: float) -> None:
    """Have the process stand still in the middle of the next check."""
    look_up = lab.resolver.addresses

    async def freeze(fqdn: str) -> Answer:
        time.sleep(seconds)  # noqa: ASYNC251 - the whole process is to stand still
        return await look_up(fqdn)

    monkeypatch.setattr(lab.resolver, "addresses", freeze)


async def test_a_job_on_which_the_prober_fails_is_rejected_with_the_reason(
    bus: Bus, lab: Lab, vantage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: messages_pb2.ProbeJob) -> CheckSpec:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(worker, "spec_of", fail)
    job = job_for(9)
    async with reports(bus) as collected, probing(bus, lab, vantage):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString(), f"{job.probe_id}-1")
        report = await of_job(collected, job)
        await until_empty(bus, vantage)
    assert "no such thing" in report.rejected.reason
    assert report.attempt == 1


def budgeted(job: messages_pb2.ProbeJob) -> messages_pb2.ProbeJob:
    job.budget.CopyFrom(messages_pb2.TargetBudget(host=60, host_covers_opened=True))
    return job


async def test_a_target_that_may_not_be_asked_now_is_not_and_the_job_put_off(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    server, asked = HttpServer({"/": PAGE}), []
    told = messages_pb2.Postponement(wait_ms=1500, used_up=messages_pb2.BUDGET_KIND_HOST)

    async def refuse(payload: bytes) -> bytes:
        asked.append(messages_pb2.BudgetRequest.FromString(payload))
        return messages_pb2.BudgetReply(postponement=told).SerializeToString()

    job = budgeted(job_for(await lab.serve(server, good), attempt=7))
    async with bus.answering(subjects.BUDGET, subjects.SCHEDULERS, refuse):
        report = await report_of(bus, lab, vantage, job)
    assert report.postponed == told
    assert (report.check_id, report.attempt) == ("chk_1", 7)
    assert [(each.host, each.requests) for each in asked] == [(NAME, 1)]
    assert server.connections == 0


async def test_a_target_that_may_be_asked_is(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    async def grant(_: bytes) -> bytes:
        return messages_pb2.BudgetReply(granted=True).SerializeToString()

    job = budgeted(job_for(await lab.serve(HttpServer({"/": PAGE}), good)))
    async with bus.answering(subjects.BUDGET, subjects.SCHEDULERS, grant):
        report = await report_of(bus, lab, vantage, job)
    assert report.result.paths[0].status_code == 200


async def test_while_no_scheduler_answers_nothing_is_sent_and_the_job_put_off(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    server = HttpServer({"/": PAGE})
    report = await report_of(bus, lab, vantage, budgeted(job_for(await lab.serve(server, good))))
    assert report.postponed.wait_ms == 2000
    assert report.postponed.used_up == messages_pb2.BUDGET_KIND_UNSPECIFIED
    assert server.connections == 0


async def test_a_name_without_an_address_takes_nothing_of_a_budget(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    del lab.zone[NAME]
    report = await report_of(bus, lab, vantage, budgeted(job_for(443)))
    assert report.WhichOneof("outcome") == "result"
