"""Jobs for a prober, a prober to carry them out, and the reports that come of them."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from outscope.bus import subjects
from outscope.bus.connect import Bus
from outscope.bus.consume import Message
from outscope.bus.work import Terms, Worker
from outscope.clock import utc_now
from outscope.v1 import check_pb2, messages_pb2
from services.prober.budget import TargetBudgets
from services.prober.cancelled import Cancellations
from services.prober.fitness import Fitness
from services.prober.progress import Audience
from services.prober.pulse import Pulse
from services.prober.worker import Company, Identity, ProbeTask
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.http import response

PATIENCE_S = 10.0
PAGE = response(200, b"<title>Shop</title>", headers=[("Set-Cookie", "sid=secret; Path=/")])


def task_of(
    bus: Bus,
    lab: Lab,
    vantage: str,
    cancellations: Cancellations | None = None,
    fitness: Fitness | None = None,
    audience: Audience | None = None,
) -> ProbeTask:
    identity = Identity(vantage_point=vantage, prober_id="prober-1")
    budgets = TargetBudgets(bus, lab.policy)
    return ProbeTask(
        bus=bus,
        runner=lab.runner(),
        budgets=budgets,
        company=Company(
            cancellations=cancellations or Cancellations(),
            audience=audience or Audience(),
            fitness=fitness or Fitness({}, Pulse()),
        ),
        identity=identity,
        clock=utc_now,
    )


def probing(
    bus: Bus,
    lab: Lab,
    vantage: str,
    *,
    drain_s: float = 5,
    cancellations: Cancellations | None = None,
    fitness: Fitness | None = None,
) -> Worker:
    task = task_of(bus, lab, vantage, cancellations, fitness)
    return Worker(
        bus,
        subjects.jobs_consumer(vantage),
        task,
        concurrency=5,
        drain_s=drain_s,
        terms=Terms(
            return_message=task.give_back,
            may_pull=None if fitness is None else fitness.until_fit,
            before_pause=None if fitness is None else fitness.before_stopping,
        ),
    )


def job_for(
    *ports: int, deadline: datetime | None = None, sampled: bool = False, attempt: int = 1
) -> messages_pb2.ProbeJob:
    job = messages_pb2.ProbeJob(
        probe_id=f"prb_{secrets.token_hex(4)}",
        check_id="chk_1",
        attempt=attempt,
        spec=check_pb2.CheckSpec(
            fqdn=NAME, ports=ports, paths=["/"], include_content_sample=sampled
        ),
    )
    job.deadline.FromDatetime(deadline or utc_now() + timedelta(minutes=5))
    return job


async def until_empty(bus: Bus, vantage: str) -> None:
    """Wait until every job of a vantage point is settled."""
    async with asyncio.timeout(PATIENCE_S):
        while await bus.backlog(subjects.jobs_consumer(vantage)):
            await asyncio.sleep(0.02)


@asynccontextmanager
async def reports(bus: Bus) -> AsyncIterator["asyncio.Queue[messages_pb2.ProbeReport]"]:
    """Collect the reports that are published while the context is open."""
    collected: asyncio.Queue[messages_pb2.ProbeReport] = asyncio.Queue()

    async def take(message: Message) -> None:
        await collected.put(messages_pb2.ProbeReport.FromString(message.payload))
        await message.ack()

    async with Worker(bus, subjects.REPORTS_CONSUMER, take, concurrency=10):
        yield collected


async def of_job(
    collected: "asyncio.Queue[messages_pb2.ProbeReport]", job: messages_pb2.ProbeJob
) -> messages_pb2.ProbeReport:
    """The next report of a job."""
    async with asyncio.timeout(PATIENCE_S):
        while (report := await collected.get()).probe_id != job.probe_id:
            pass
    return report


async def report_of(
    bus: Bus, lab: Lab, vantage: str, job: messages_pb2.ProbeJob
) -> messages_pb2.ProbeReport:
    async with reports(bus) as collected, probing(bus, lab, vantage):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        report = await of_job(collected, job)
        await until_empty(bus, vantage)
        return report
