"""The probing engine in a process of its own: observe and judge, without bus and reports.

Run as a process: `python -m bench.prober.engine REQUEST`, where REQUEST is a JSON file; prints the
times as JSON. Starting Python is not counted, and neither is a warm-up.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import uvloop

from bench.children import MEASURED_CORE, finished, module_command
from bench.memory import peak_bytes
from bench.prober.rate import Rate
from bench.targets.serving import Targets
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.check import Checked, CheckRunner
from services.prober.facts import CheckSpec, Discovery

_WARM_UP: Final = 20
_OK: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the process is to probe."""

    names: list[str]
    ports: list[int]
    resolver: list[str | int]
    ca_file: str
    concurrency: int


async def engine_rate(
    targets: Targets, names: Sequence[str], concurrency: int, folder: Path
) -> Rate:
    """Probe the names once, on the measured core."""
    request = Request(
        names=list(names),
        ports=list(targets.ports),
        resolver=list(targets.resolver),
        ca_file=str(targets.ca_file),
        concurrency=concurrency,
    )
    path = folder / "engine.json"
    path.write_text(json.dumps(asdict(request)))
    ended = await finished(module_command("bench.prober.engine", path), cores=MEASURED_CORE)
    return Rate(**json.loads(ended.stdout))


async def _probe(request: Request) -> Rate:
    host, port = request.resolver
    async with Resolver(((str(host), int(port)),)) as resolver:
        runner = CheckRunner.of(
            resolver=resolver,
            policy=Policy((ip_network("127.0.0.0/8"),)),
            user_agent="OutScope-bench",
            ca_file=Path(request.ca_file),
        )
        # The same work as the others do: nothing is requested beyond the page.
        specs = [
            CheckSpec(fqdn=name, ports=tuple(request.ports), discovery=Discovery.OFF)
            for name in request.names
        ]
        await _run_all(runner, specs[:_WARM_UP], request.concurrency)
        cpu_s, elapsed_s = time.process_time(), time.monotonic()
        await _run_all(runner, specs, request.concurrency)
        return Rate(
            hosts=len(specs),
            cpu_s=time.process_time() - cpu_s,
            elapsed_s=time.monotonic() - elapsed_s,
            peak_bytes=peak_bytes(),
        )


async def _run_all(runner: CheckRunner, specs: list[CheckSpec], concurrency: int) -> None:
    waiting = iter(specs)
    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(_run_some(runner, waiting))


async def _run_some(runner: CheckRunner, waiting: Iterator[CheckSpec]) -> None:
    for spec in waiting:
        checked = await runner.run(spec)
        if not isinstance(checked, Checked):
            raise RuntimeError(f"{spec.fqdn}: {checked}")  # noqa: TRY004 - an answer, not a type
        if not _all_was_seen(checked):
            raise RuntimeError(f"{spec.fqdn} is not the work compared: {checked.verdict.reasons}")


def _all_was_seen(checked: Checked) -> bool:
    plain, encrypted = checked.facts.ports
    return (
        plain.speaks_http
        and encrypted.speaks_http
        and encrypted.tls is not None
        and encrypted.tls.valid
        and checked.facts.paths[0].status == _OK
    )


if __name__ == "__main__":
    rate = uvloop.run(_probe(Request(**json.loads(Path(sys.argv[1]).read_text()))))
    print(json.dumps(asdict(rate)))
