"""What a prober does with its jobs while it is unfit, with a real bus and real targets."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.v1 import messages_pb2
from services.prober.fitness import Fitness
from services.prober.pulse import Pulse
from tests.integration.prober.conftest import Lab
from tests.integration.prober.jobs import PAGE, job_for, of_job, probing, reports
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


class Network:
    """A self-test that a test decides: the seam where the prober's own trouble is played."""

    def __init__(self) -> None:
        self.fault: str | None = None

    async def __call__(self) -> str | None:
        return self.fault

    def fitness(self) -> Fitness:
        return Fitness({"canary": self}, Pulse())


async def test_an_unfit_prober_takes_no_job_and_goes_on_when_it_is_fit(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    network, job = Network(), job_for(await lab.serve(HttpServer({"/": PAGE})))
    network.fault, fitness = "away", network.fitness()
    assert not await fitness.confirm()
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        await asyncio.sleep(0.5)
        assert collected.empty()
        network.fault = None
        assert await fitness.confirm()
        assert (await of_job(collected, job)).WhichOneof("outcome") == "result"


async def test_a_prober_that_becomes_unfit_is_not_handed_the_job_it_had_asked_for(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    network, job = Network(), job_for(await lab.serve(HttpServer({"/": PAGE})))
    fitness = network.fitness()
    assert await fitness.confirm()
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await asyncio.sleep(0.3)  # its request stands for seconds
        network.fault = "away"
        assert not await fitness.confirm()
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        await asyncio.sleep(0.5)
        assert collected.empty()
        async with probing(bus, lab, vantage):
            assert (await of_job(collected, job)).WhichOneof("outcome") == "result"
        network.fault, again = None, job_for(*job.spec.ports)
        assert await fitness.confirm()
        await bus.publish(subjects.jobs(vantage), again.SerializeToString())
        assert (await of_job(collected, again)).WhichOneof("outcome") == "result"


async def test_a_prober_that_becomes_unfit_gives_back_what_it_holds(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    network = Network()
    fitness, job = network.fitness(), job_for(await lab.serve(silent))
    assert await fitness.confirm()
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        await asyncio.sleep(0.3)
        network.fault = "away"
        assert not await fitness.confirm()
        async with asyncio.timeout(1):
            report = await of_job(collected, job)
    assert report.postponed.wait_ms == 1000
    assert report.postponed.used_up == messages_pb2.BUDGET_KIND_UNSPECIFIED


async def test_a_fault_of_the_probers_own_is_not_told_as_the_targets(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    network = Network()
    fitness, job = network.fitness(), job_for(await lab.serve(silent))
    assert await fitness.confirm()
    lab.limits = replace(lab.limits, tls_timeout_s=0.3, http_timeout_s=0.3)
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        network.fault = "away"  # nobody has noticed
        assert (await of_job(collected, job)).WhichOneof("outcome") == "postponed"
        network.fault = None
        await fitness.confirm()
        again = job_for(*job.spec.ports)
        await bus.publish(subjects.jobs(vantage), again.SerializeToString())
        assert (await of_job(collected, again)).WhichOneof("outcome") == "result"


async def test_silence_that_a_starved_prober_heard_is_not_told_as_the_targets(
    bus: Bus, lab: Lab, vantage: str
) -> None:
    pulse = Pulse(starved_of_s=1.0)
    fitness, job = Fitness({}, pulse), job_for(await lab.serve(silent))
    lab.limits = replace(lab.limits, tls_timeout_s=1.0, http_timeout_s=1.0)
    beating, starving = asyncio.create_task(pulse.beat()), asyncio.create_task(starved())
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        report = await of_job(collected, job)
        assert report.WhichOneof("outcome") == "postponed"
        starving.cancel()
        await asyncio.sleep(0.5)  # the last late beat
        again = job_for(*job.spec.ports)
        await bus.publish(subjects.jobs(vantage), again.SerializeToString())
        assert (await of_job(collected, again)).WhichOneof("outcome") == "result"
    beating.cancel()


async def test_what_answered_a_starved_prober_is_told(bus: Bus, lab: Lab, vantage: str) -> None:
    pulse = Pulse(starved_of_s=1.0)
    fitness, job = Fitness({}, pulse), job_for(await lab.serve(HttpServer({"/": PAGE})))
    beating, starving = asyncio.create_task(pulse.beat()), asyncio.create_task(starved())
    async with reports(bus) as collected, probing(bus, lab, vantage, fitness=fitness):
        await bus.publish(subjects.jobs(vantage), job.SerializeToString())
        assert (await of_job(collected, job)).WhichOneof("outcome") == "result"
    starving.cancel()
    beating.cancel()


async def starved() -> None:
    """Keep the loop from its work for most of the time, and never for long."""
    while True:
        time.sleep(0.6)  # noqa: ASYNC251 - the whole process is to stand still
        await asyncio.sleep(0.05)
