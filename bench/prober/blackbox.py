"""prometheus-blackbox-exporter on the same targets: two HTTP probes a host, TLS verified.

It looks a name up for each probe, A and AAAA: where the first is of an address, with the name told
beside it, it asks two questions a host like the others. Where it cannot be made to ask the targets'
server it is asked for addresses only, since it has no setting for a resolver, and has for free the
look-ups that the prober makes.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import psutil

from bench.children import MEASURED_CORE, cpu_s_of, serving
from bench.memory import peak_bytes
from bench.prober.rate import Rate
from bench.targets.serving import Targets
from deploy.local.ports import free_port

_PROGRAMS: Final = ("prometheus-blackbox-exporter", "blackbox_exporter")
_SUCCESS: Final = b"probe_success 1"
_READY_ATTEMPTS: Final = 200
_MODULES: Final = """
modules:
  plain: {{prober: http, timeout: 8s, http: {{preferred_ip_protocol: ip4}}}}
  encrypted:
    prober: http
    timeout: 8s
    http: {{preferred_ip_protocol: ip4, fail_if_not_ssl: true, tls_config: {{ca_file: {ca_file}}}}}
"""


def blackbox_program() -> str | None:
    """Return where the exporter is, if it is installed."""
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


class Blackbox:
    """A running exporter, asked as Prometheus asks it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        process: psutil.Process,
        concurrency: int,
        *,
        looks_up: bool,
    ) -> None:
        self._session = session
        self._process = process
        self._concurrency = concurrency
        self._looks_up = looks_up

    async def rate(self, targets: Targets, names: Sequence[str]) -> Rate:
        """Have every name's two ports probed once."""
        loop = asyncio.get_running_loop()
        before_s, started_s = cpu_s_of(self._process), loop.time()
        waiting = iter(names)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._probe_some(targets, waiting))
        return Rate(
            hosts=len(names),
            cpu_s=cpu_s_of(self._process) - before_s,
            elapsed_s=loop.time() - started_s,
            peak_bytes=peak_bytes(self._process.pid),
        )

    async def _probe_some(self, targets: Targets, waiting: Iterator[str]) -> None:
        for name in waiting:
            address = targets.names[name]
            host = name if self._looks_up else address
            await self._probe("plain", name, f"http://{address}:{targets.plain_port}/")
            await self._probe("encrypted", name, f"https://{host}:{targets.tls_port}/")

    async def _probe(self, module: str, name: str, target: str) -> None:
        query = {"module": module, "hostname": name, "target": target}
        async with self._session.get("/probe", params=query) as response:
            page = await response.read()
        if _SUCCESS not in page:
            raise RuntimeError(f"blackbox did not succeed with {target} as {name}")


@asynccontextmanager
async def blackbox(
    program: str, targets: Targets, concurrency: int, folder: Path, lookups: Sequence[str] = ()
) -> AsyncIterator[Blackbox]:
    """Run the exporter, on the measured core, while the context is open.

    Lookups is what before a command has it look names up.
    """
    config = folder / "blackbox.yml"
    config.write_text(_MODULES.format(ca_file=targets.ca_file))
    listen = f"127.0.0.1:{free_port()}"
    command = [
        *lookups,
        program,
        f"--config.file={config}",
        f"--web.listen-address={listen}",
        "--log.level=error",
    ]
    connector = aiohttp.TCPConnector(limit=concurrency)
    async with (
        serving(command, cores=MEASURED_CORE, environment={"GOMAXPROCS": "1"}) as process,
        aiohttp.ClientSession(f"http://{listen}", connector=connector) as session,
    ):
        await _until_ready(session)
        exporter = psutil.Process(process.pid)
        yield Blackbox(session, exporter, concurrency, looks_up=bool(lookups))


async def _until_ready(session: aiohttp.ClientSession) -> None:
    for _ in range(_READY_ATTEMPTS):
        try:
            async with session.get("/-/healthy"):
                return
        except aiohttp.ClientConnectionError:
            await asyncio.sleep(0.05)
    raise RuntimeError("blackbox does not answer")
