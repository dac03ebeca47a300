"""The process of which many checks are in flight; it has nothing in memory but what it measures.

Run as a process: `python -m bench.prober.flight REQUEST`, where REQUEST is a JSON file.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Final

import uvloop

from bench.memory import peak_bytes
from outscope.netguard.policy import Policy
from outscope.netguard.resolve import Resolver
from services.prober.check import Checked, CheckRunner
from services.prober.facts import CheckSpec, Discovery
from services.prober.observe.limits import Limits

_PATIENT: Final = Limits(tls_timeout_s=120.0, http_timeout_s=120.0, deadline_s=120.0)
_WARM_UP: Final = 20
# At rest: of so long, less than this share was spent working.
_LOOK_EVERY_S: Final = 0.2
_AT_REST: Final = 0.1
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the process is to probe."""

    answering: list[str]
    silent: list[str]
    ports: list[int]
    resolver: list[str | int]
    ca_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """What one process saw."""

    alone_s: float
    beside_s: float
    # How many silent checks were still in flight when the others had ended.
    still_silent: int
    peak_bytes: int


async def _fly(request: Request) -> Flight:
    host, port = request.resolver
    async with Resolver(((str(host), int(port)),)) as resolver:
        runner = CheckRunner.of(
            resolver=resolver,
            policy=Policy((ip_network("127.0.0.0/8"),)),
            user_agent="OutScope-bench",
            ca_file=Path(request.ca_file),
            limits=_PATIENT,
        )
        answering, silent = (
            [
                CheckSpec(fqdn=name, ports=tuple(request.ports), discovery=Discovery.OFF)
                for name in names
            ]
            for names in (request.answering, request.silent)
        )
        await _answered(runner, answering[:_WARM_UP])
        alone_s = await _answered(runner, answering)
        waiting = [asyncio.create_task(runner.run(spec)) for spec in silent]
        await _until_at_rest()
        beside_s = await _answered(runner, answering)
        still_silent = sum(not task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return Flight(
        alone_s=alone_s, beside_s=beside_s, still_silent=still_silent, peak_bytes=peak_bytes()
    )


async def _answered(runner: CheckRunner, specs: Sequence[CheckSpec]) -> float:
    """Run these checks at once and return the time until the last of them has ended."""
    started_s = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for spec in specs:
            group.create_task(_see(runner, spec))
    return time.monotonic() - started_s


async def _see(runner: CheckRunner, spec: CheckSpec) -> None:
    """Run a check and look at what comes of it; to keep it is not what a check in flight does."""
    checked = await runner.run(spec)
    if not isinstance(checked, Checked) or not checked.verdict.analyzable:
        raise RuntimeError(f"not what the target shows: {checked}")


async def _until_at_rest() -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            before_s, started_s = time.process_time(), time.monotonic()
            await asyncio.sleep(_LOOK_EVERY_S)
            share = (time.process_time() - before_s) / (time.monotonic() - started_s)
            if share < _AT_REST:
                return


if __name__ == "__main__":
    flight = uvloop.run(_fly(Request(**json.loads(Path(sys.argv[1]).read_text()))))
    print(json.dumps(asdict(flight)))
