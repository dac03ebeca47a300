"""The prober as it runs: a process that takes jobs from NATS and publishes reports there."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.children import MEASURED_CORE, cpu_s_of, module_command, serving
from bench.memory import peak_bytes
from bench.prober.rate import Rate
from bench.targets.serving import Targets
from deploy.local.nats import Nats
from deploy.local.ports import free_port
from outscope.bus import subjects
from outscope.bus.connect import Bus, connect_bus
from outscope.bus.publish import Outgoing
from outscope.v1 import check_pb2, messages_pb2

_VANTAGE: Final = "bench"
_ROUND_S: Final = 120.0
_READY_ATTEMPTS: Final = 200


class WholeProber:
    """A running prober, fed and heard over its bus."""

    def __init__(self, bus: Bus, process: psutil.Process) -> None:
        self._bus = bus
        self._process = process

    async def rate(self, targets: Targets, names: Sequence[str]) -> Rate:
        """Have the names probed once: from the first job published to the last report."""
        run = secrets.token_hex(4)
        jobs = [_job(f"{run}-{number}", name, targets) for number, name in enumerate(names)]
        loop = asyncio.get_running_loop()
        before_s, started_s = cpu_s_of(self._process), loop.time()
        async with asyncio.timeout(_ROUND_S):
            await asyncio.gather(self._bus.publish_many(jobs), self._hear(len(names)))
        return Rate(
            hosts=len(names),
            cpu_s=cpu_s_of(self._process) - before_s,
            elapsed_s=loop.time() - started_s,
            peak_bytes=peak_bytes(self._process.pid),
        )

    async def _hear(self, count: int) -> None:
        async with self._bus.consumer(subjects.REPORTS_CONSUMER) as consumer:
            while count:
                for message in await consumer.pull(200, 1):
                    report = messages_pb2.ProbeReport.FromString(message.payload)
                    if not report.result.analysis.speaks_http:
                        raise RuntimeError(f"not the work that is compared: {report}")
                    await message.ack()
                    count -= 1


@asynccontextmanager
async def whole_prober(
    targets: Targets, concurrency: int, folder: Path
) -> AsyncIterator[WholeProber]:
    """Run NATS and, on the measured core, one prober while the context is open."""
    nats = Nats(folder=folder / "nats", port=free_port(), password=secrets.token_hex(8))
    nats.prepare()
    host, port = targets.resolver
    environment = {
        "NATS_URL": nats.url(),
        "VANTAGE_POINT": _VANTAGE,
        "OUTSCOPE_CONCURRENCY": str(concurrency),
        "OUTSCOPE_RESOLVERS": f"{host}:{port}",
        "OUTSCOPE_ALLOW_NET": "127.0.0.0/8",
        "OUTSCOPE_CA_FILE": str(targets.ca_file),
        "OUTSCOPE_LOG_LEVEL": "WARNING",
    }
    async with (
        _serving_nats(nats),
        connect_bus(nats.url(), "bench") as bus,
        serving(
            module_command("services.prober"), cores=MEASURED_CORE, environment=environment
        ) as prober,
    ):
        await bus.ensure_streams()
        yield WholeProber(bus, psutil.Process(prober.pid))


@asynccontextmanager
async def _serving_nats(nats: Nats) -> AsyncIterator[None]:
    async with serving(nats.command()):
        for _ in range(_READY_ATTEMPTS):
            if nats.is_ready():
                break
            await asyncio.sleep(0.05)
        yield


def _job(probe_id: str, name: str, targets: Targets) -> Outgoing:
    spec = check_pb2.CheckSpec(
        fqdn=name,
        ports=targets.ports,
        paths=["/"],
        vantage_point=_VANTAGE,
        discovery=check_pb2.DISCOVERY_OFF,
    )
    job = messages_pb2.ProbeJob(probe_id=probe_id, check_id=probe_id, attempt=1, spec=spec)
    return Outgoing(subject=subjects.jobs(_VANTAGE), payload=job.SerializeToString())
