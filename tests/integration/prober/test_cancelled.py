"""Checks cancelled while a real prober carries them out, and before it does."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.v1 import messages_pb2
from services.prober.cancelled import Cancellations
from tests.integration.prober.conftest import Lab
from tests.integration.prober.jobs import (
    PAGE,
    PATIENCE_S,
    job_for,
    probing,
    reports,
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


@asynccontextmanager
async def hearing(bus: Bus) -> AsyncIterator[Cancellations]:
    """Hear of cancellations while the context is open."""
    cancellations = Cancellations()
    listening = asyncio.create_task(cancellations.listen(bus))
    await asyncio.sleep(0.1)
    try:
        yield cancellations
    finally:
        listening.cancel()
        await asyncio.wait({listening})


async def cancel(bus: Bus, check_id: str) -> None:
    word = messages_pb2.CheckCancelled(check_id=check_id)
    await bus.send(subjects.cancel(check_id), word.SerializeToString())


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_running_check_that_is_cancelled_closes_its_connections_and_reports_nothing(
    bus: Bus, lab: Lab, good: Issued, vantage: str, scheme: str
) -> None:
    begun = asyncio.Event()
    opened = closed = 0

    async def never_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, closed
        opened += 1
        begun.set()
        with suppress(ConnectionError):
            while await reader.read(65536):
                pass
        closed += 1

    lab.limits = replace(lab.limits, http_timeout_s=20, tls_timeout_s=20, deadline_s=25)
    chain = [good] if scheme == "https" else []
    job = job_for(await lab.serve(never_answers, *chain))
    job.check_id = f"chk_{secrets.token_hex(4)}"
    async with (
        reports(bus) as collected,
        hearing(bus) as cancellations,
        probing(bus, lab, vantage, cancellations=cancellations),
    ):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        await begun.wait()
        await cancel(bus, "chk_another")
        await asyncio.sleep(0.7)
        assert closed < opened
        before = opened
        await cancel(bus, job.check_id)
        async with asyncio.timeout(1.0):
            while closed < opened:
                await asyncio.sleep(0.01)
        await until_empty(bus, vantage)
        await asyncio.sleep(0.7)
        assert opened == closed == before
        assert collected.empty()


async def test_a_job_whose_check_was_cancelled_before_it_came_is_not_begun(
    bus: Bus, lab: Lab, good: Issued, vantage: str
) -> None:
    server = HttpServer({"/": PAGE})
    port = await lab.serve(server, good)
    cancelled, other = job_for(port), job_for(port)
    cancelled.check_id = f"chk_{secrets.token_hex(4)}"
    async with (
        reports(bus) as collected,
        hearing(bus) as cancellations,
        probing(bus, lab, vantage, cancellations=cancellations),
    ):
        await cancel(bus, cancelled.check_id)
        await asyncio.sleep(0.1)
        await bus.publish(subjects.jobs(vantage), cancelled.SerializeToString())
        await until_empty(bus, vantage)
        assert server.connections == 0
        await bus.publish(subjects.jobs(vantage), other.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            assert (await collected.get()).probe_id == other.probe_id
    assert server.connections > 0


async def test_of_a_check_that_takes_long_it_is_asked_whether_it_was_cancelled(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    asked: list[list[str]] = []
    cancelled: set[str] = set()

    async def answer(payload: bytes) -> bytes:
        asked.append(list(messages_pb2.CancelledRequest.FromString(payload).check_ids))
        found = cancelled.intersection(asked[-1])
        return messages_pb2.CancelledReply(check_ids=found).SerializeToString()

    lab.limits = replace(lab.limits, http_timeout_s=20, tls_timeout_s=20, deadline_s=25)
    port = await lab.serve(silent)
    unwanted, wanted = job_for(port), job_for(port)
    for job in (unwanted, wanted):
        job.check_id = f"chk_{secrets.token_hex(4)}"
    cancellations = Cancellations()
    asking = asyncio.create_task(cancellations.ask(bus, every_s=0.2))
    async with reports(bus) as collected, probing(bus, lab, vantage, cancellations=cancellations):
        for job in (unwanted, wanted):
            await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        await asyncio.sleep(1)  # nobody answers, and that stops nothing
        async with bus.answering(subjects.CANCELLED, subjects.SCHEDULERS, answer):
            async with asyncio.timeout(PATIENCE_S):
                while sorted((unwanted.check_id, wanted.check_id)) not in asked:
                    await asyncio.sleep(0.05)
            cancelled.add(unwanted.check_id)
            async with asyncio.timeout(PATIENCE_S):
                while asked[-1] != [wanted.check_id]:
                    await asyncio.sleep(0.05)
            assert collected.empty()
            cancelled.add(wanted.check_id)
            await until_empty(bus, vantage)
            told = len(asked)
            await asyncio.sleep(0.6)
            assert len(asked) <= told + 1  # nobody asks about nothing
        assert collected.empty()
    asking.cancel()
