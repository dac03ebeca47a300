"""What a prober tells of a check that somebody watches, with a real bus and a real target."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import BusUnavailable
from outscope.bus.work import Worker
from outscope.clock import utc_now
from outscope.v1 import messages_pb2
from services.prober.budget import TargetBudgets
from services.prober.cancelled import Cancellations
from services.prober.facts import Outcome, OutcomeCode, PathFacts
from services.prober.fitness import Fitness
from services.prober.progress import Audience, Progress
from services.prober.pulse import Pulse
from services.prober.report_progress import Begun
from services.prober.worker import Company, Identity, ProbeTask
from tests.integration.prober.conftest import NAME, Lab
from tests.targets.certificates import Issued
from tests.targets.http import HttpServer, response

PATIENCE_S = 10.0
BEGUN = Begun(vantage_point="eu-west-1", prober_id="prober-1", started_at=utc_now(), attempt=1)
PAGE = response(200, b"<title>Shop</title>", headers=[("Set-Cookie", "sid=secret; Path=/")])


@pytest.fixture
async def bus(nats_url: str) -> AsyncIterator[Bus]:
    async with connect_bus(nats_url, "test") as connected:
        await connected.ensure_streams()
        yield connected


@pytest.fixture
async def told(bus: Bus) -> AsyncIterator[list[messages_pb2.ProbeProgress]]:
    """Everything that probers tell."""
    heard: list[messages_pb2.ProbeProgress] = []

    async def hear(payload: bytes) -> None:
        heard.append(messages_pb2.ProbeProgress.FromString(payload))

    async with bus.subscription(subjects.PROGRESS_ALL, hear):
        yield heard


def job_for(*ports: int, paths: tuple[str, ...] = ("/",)) -> messages_pb2.ProbeJob:
    job = messages_pb2.ProbeJob(
        probe_id=f"prb_{secrets.token_hex(4)}", check_id=f"chk_{secrets.token_hex(4)}", attempt=1
    )
    job.spec.fqdn = NAME
    job.spec.ports.extend(ports)
    job.spec.paths.extend(paths)
    job.deadline.FromDatetime(utc_now() + timedelta(seconds=60))
    return job


def kinds(message: messages_pb2.ProbeProgress) -> list[str | None]:
    return [stage.WhichOneof("stage") for stage in message.stages]


async def carry_out(
    bus: Bus, lab: Lab, audience: Audience, job: messages_pb2.ProbeJob
) -> messages_pb2.ProbeReport:
    vantage = f"vantage-{secrets.token_hex(4)}"
    task = ProbeTask(
        bus=bus,
        runner=lab.runner(),
        budgets=TargetBudgets(bus, lab.policy),
        company=Company(
            cancellations=Cancellations(), audience=audience, fitness=Fitness({}, Pulse())
        ),
        identity=Identity(vantage_point=vantage, prober_id="prober-1"),
        clock=utc_now,
    )
    async with (
        bus.consumer(subjects.REPORTS_CONSUMER) as reports,
        Worker(bus, subjects.jobs_consumer(vantage), task, concurrency=5, drain_s=5),
    ):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for message in await reports.pull(10, 1.0):
                    await message.ack()
                    report = messages_pb2.ProbeReport.FromString(message.payload)
                    if report.probe_id == job.probe_id:
                        return report


async def test_a_check_that_is_watched_is_told_stage_by_stage(
    bus: Bus, lab: Lab, good: Issued, told: list[messages_pb2.ProbeProgress]
) -> None:
    port = await lab.serve(HttpServer({"/": PAGE, "/a": PAGE}), good)
    job = job_for(port, paths=("/", "/a"))
    audience = Audience()
    # The word may be there before the job.
    audience.watch(job.check_id)
    report = await carry_out(bus, lab, audience, job)
    last = told[-1]
    assert (last.probe_id, last.check_id) == (job.probe_id, job.check_id)
    assert (last.attempt, last.delivery) == (1, 1)
    assert kinds(last) == ["started", "dns", "port", "tls", "path", "path", "judged"]
    # Each message has all of the one before it.
    for before, after in pairwise(told):
        assert list(after.stages[: len(before.stages)]) == list(before.stages)
    assert last.stages[6].judged == report.result.analysis
    assert [stage.path.path for stage in last.stages[4:6]] == ["/", "/a"]
    assert list(last.stages[1].dns.a_records) == [lab.host]
    assert b"secret" not in last.SerializeToString()


async def test_of_a_check_that_nobody_watches_nothing_is_told(
    bus: Bus, lab: Lab, told: list[messages_pb2.ProbeProgress]
) -> None:
    port = await lab.serve(HttpServer({"/": PAGE}))
    audience = Audience()
    audience.watch("chk_another")
    await carry_out(bus, lab, audience, job_for(port))
    await asyncio.sleep(0.2)
    assert told == []
    assert audience._going == {}  # noqa: SLF001 - what must not grow


async def until(told: list[messages_pb2.ProbeProgress], count: int) -> None:
    async with asyncio.timeout(3):
        while len(told) < count:
            await asyncio.sleep(0.01)


async def test_who_comes_late_is_told_all_that_was_before(
    bus: Bus, told: list[messages_pb2.ProbeProgress]
) -> None:
    audience = Audience()
    listening = asyncio.create_task(audience.listen(bus))
    await asyncio.sleep(0.1)
    job = job_for(80)
    async with audience.following(bus, job, 2) as note:
        note(BEGUN)
        await asyncio.sleep(0.1)
        assert told == []
        word = messages_pb2.ChecksWatched(check_ids=["chk_another", job.check_id])
        await bus.send(subjects.WATCHED, word.SerializeToString())
        await until(told, 1)
        assert (kinds(told[0]), told[0].delivery) == (["started"], 2)
        # So is the next one, and whoever lost a message.
        await bus.send(subjects.WATCHED, word.SerializeToString())
        await until(told, 2)
        assert told[1] == told[0]
        # What comes last is told when it is over.
        note(told_of("/"))
    await until(told, 3)
    assert kinds(told[2]) == ["started", "path"]
    listening.cancel()
    await asyncio.wait({listening})


def told_of(path: str) -> PathFacts:
    return PathFacts(path=path, outcome=Outcome(code=OutcomeCode.OK))


async def test_a_bus_that_is_away_fails_no_check(bus: Bus) -> None:
    class Away(Bus):
        async def send(self, subject: str, payload: bytes) -> None:
            raise BusUnavailable(subject)

    away = Away.__new__(Away)
    progress = Progress(away, job_for(80), 1)
    progress.watch()
    progress.note(BEGUN)
    await asyncio.sleep(0.05)
    progress.note(BEGUN)
    await progress.close()


async def test_only_so_many_watched_checks_are_remembered() -> None:
    audience = Audience(remembered=2)
    for check_id in ("chk_1", "chk_2", "chk_1", "chk_3"):
        audience.watch(check_id)
    assert list(audience._watched) == ["chk_1", "chk_3"]  # noqa: SLF001 - what must not grow
