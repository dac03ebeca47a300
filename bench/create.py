"""Creating checks over REST, one by one and in batches of 100, with nobody to carry them out."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.measurement import Measurement, percentile
from bench.mode import Mode
from bench.system import System, running_system

_COMMAND: Final = "make bench B=create"
_SINGLES_AT_ONCE: Final = 32
_BATCHES_AT_ONCE: Final = 4
_BATCH: Final = 100
_NOTE: Final = "client, gateway, scheduler and Postgres share the machine; no prober runs"

Call = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How long calls took, each and together."""

    latencies_s: list[float]
    elapsed_s: float


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return rate and latency of both ways of creating."""
    async with running_system(folder / "create", probers=0) as system:
        # The first calls of a new system make its connections and fill its caches.
        await _timed(lambda number: _create_one(system, number), 50, _SINGLES_AT_ONCE)
        singles = await _timed(
            lambda number: _create_one(system, number), mode.singles, _SINGLES_AT_ONCE
        )
        batches = await _timed(
            lambda number: _create_batch(system, number), mode.batches, _BATCHES_AT_ONCE
        )
    return [
        *_rows("create.single", singles, checks_a_call=1, at_once=_SINGLES_AT_ONCE),
        *_rows("create.batch", batches, checks_a_call=_BATCH, at_once=_BATCHES_AT_ONCE),
    ]


async def _create_one(system: System, number: int) -> None:
    await system.post("/v1/check", {"fqdn": f"host{number:04}.bench.test"})


async def _create_batch(system: System, number: int) -> None:
    checks = [{"fqdn": f"host{number:04}-{item}.bench.test"} for item in range(_BATCH)]
    answer = await system.post("/v1/checks/batch", {"checks": checks})
    if answer["stats"]["created"] != _BATCH:
        raise RuntimeError(f"not all of a batch was created: {answer['stats']}")


async def _timed(call: Call, count: int, at_once: int) -> Timed:
    latencies_s: list[float] = []

    async def make_some(waiting: Iterator[int]) -> None:
        for number in waiting:
            started_s = time.perf_counter()
            await call(number)
            latencies_s.append(time.perf_counter() - started_s)

    started_s = time.perf_counter()
    waiting = iter(range(count))
    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(make_some(waiting))
    return Timed(latencies_s=latencies_s, elapsed_s=time.perf_counter() - started_s)


def _rows(name: str, timed: Timed, *, checks_a_call: int, at_once: int) -> Iterator[Measurement]:
    calls = len(timed.latencies_s)
    figures = (
        ("per_s", calls * checks_a_call / timed.elapsed_s, "checks/s"),
        ("p50_ms", percentile(timed.latencies_s, 0.5) * 1000, "ms"),
        ("p99_ms", percentile(timed.latencies_s, 0.99) * 1000, "ms"),
    )
    for figure, value, unit in figures:
        yield Measurement(
            name=f"{name}_{figure}",
            value=value,
            unit=unit,
            command=_COMMAND,
            runs=calls,
            note=f"{at_once} calls at once; {_NOTE}",
        )
