"""Runs the prober as operators do, as a process, and gives it checks over a real bus."""

import asyncio
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bench.memory import peak_bytes
from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.v1 import check_pb2, messages_pb2

PATIENCE_S = 20.0
ATTEMPTS = 12


@asynccontextmanager
async def started(environment: Mapping[str, str], *, stderr: int = PIPE) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.prober",
        env={"PATH": os.environ["PATH"], **environment},
        stderr=stderr,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until_ready(url: str) -> None:
    async with asyncio.timeout(PATIENCE_S), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


@dataclass
class RunningProber:
    """A prober in its process, and the reports it has published."""

    process: Process
    bus: Bus
    vantage: str
    reports: dict[str, asyncio.Future[messages_pb2.ProbeReport]] = field(default_factory=dict)

    async def check(self, spec: check_pb2.CheckSpec) -> messages_pb2.ProbeReport:
        """Have one check carried out; return what is reported of it.

        One that is put off for want of means is handed out again, as by a scheduler.
        """
        probe_id = f"prb_{secrets.token_hex(8)}"
        for attempt in range(1, ATTEMPTS):
            report = await self._reported(probe_id, attempt, spec)
            if not report.HasField("postponed"):
                break
            await asyncio.sleep(report.postponed.wait_ms / 1000)
        return report

    async def _reported(
        self, probe_id: str, attempt: int, spec: check_pb2.CheckSpec
    ) -> messages_pb2.ProbeReport:
        report: asyncio.Future[messages_pb2.ProbeReport] = (
            asyncio.get_running_loop().create_future()
        )
        self.reports[probe_id] = report
        job = messages_pb2.ProbeJob(probe_id=probe_id, check_id="chk_1", attempt=attempt, spec=spec)
        await self.bus.publish(
            subjects.jobs(self.vantage), job.SerializeToString(), f"{probe_id}-{attempt}"
        )
        return await report

    async def take(self, payload: bytes) -> None:
        """Take a report from the bus; those of others are not ours."""
        report = messages_pb2.ProbeReport.FromString(payload)
        expected = self.reports.pop(report.probe_id, None)
        if expected is not None:
            expected.set_result(report)

    @property
    def peak_bytes(self) -> int:
        """Return the most memory it has held so far."""
        return peak_bytes(self.process.pid)

    @property
    def descriptors(self) -> int:
        """Return how many files and sockets it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@asynccontextmanager
async def running_prober(
    nats_url: str, settings: Mapping[str, str]
) -> AsyncIterator[RunningProber]:
    """Run a prober of a vantage point of its own while the context is open."""
    vantage, health_port = f"vantage-{secrets.token_hex(4)}", free_port()
    environment = {
        "NATS_URL": nats_url,
        "VANTAGE_POINT": vantage,
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_HEALTH_LISTEN": f"127.0.0.1:{health_port}",
        **settings,
    }
    async with (
        connect_bus(nats_url, "test") as bus,
        started(environment, stderr=DEVNULL) as process,
    ):
        prober = RunningProber(process=process, bus=bus, vantage=vantage)
        async with bus.subscription(subjects.REPORTS, prober.take):
            await until_ready(f"http://127.0.0.1:{health_port}/readyz")
            yield prober
