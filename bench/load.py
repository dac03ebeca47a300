"""The whole system under callers that never pause: 1, 8, 64 and 256 of them at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp

from bench.measurement import Measurement, percentile
from bench.mode import Mode
from bench.system import System, running_system
from bench.targets.serving import Targets, serving_targets

_COMMAND: Final = "make bench B=load"
_CALLERS: Final = (1, 8, 64, 256)
_BATCH: Final = 100
_CREATED: Final = 201
_OK: Final = 200
_LOOK_EVERY_S: Final = 0.05
_READ_EVERY_S: Final = 0.02
_DRAIN_S: Final = 300.0

Call = Callable[[int], Awaitable[bool]]


@dataclass
class Seen:
    """How long calls took that were answered as they should be, and how many were not."""

    latencies_s: list[float] = field(default_factory=list)
    errors: int = 0
    elapsed_s: float = 0.0

    async def time(self, call: Awaitable[bool]) -> None:
        """Time one call; one that answers False, or breaks off, is an error."""
        started_s = time.perf_counter()
        try:
            went_well = await call
        except (aiohttp.ClientError, TimeoutError):
            went_well = False
        if went_well:
            self.latencies_s.append(time.perf_counter() - started_s)
        else:
            self.errors += 1


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return rate, latency and errors of creating alone, and of checks from end to end."""
    rows: list[Measurement] = []
    async with running_system(folder / "load-create", probers=0) as system:
        rows += await _creating(system, mode)
    async with (
        serving_targets(mode.hosts, folder) as targets,
        running_system(folder / "load-e2e", probers=1, targets=targets) as system,
    ):
        rows += await _from_end_to_end(system, targets, mode)
    return rows


async def _creating(system: System, mode: Mode) -> list[Measurement]:
    rows: list[Measurement] = []
    for callers in _CALLERS:
        single = await _for_a_while(_single(system), callers, mode.load_s)
        rows += _rows(f"load.single.c{callers}", single, 1, "no prober runs")
    for callers in _CALLERS:
        batch = await _for_a_while(_batch(system), callers, mode.load_s)
        rows += _rows(f"load.batch.c{callers}", batch, _BATCH, "100 checks a call; no prober runs")
    return rows


async def _from_end_to_end(system: System, targets: Targets, mode: Mode) -> list[Measurement]:
    rows: list[Measurement] = []
    note = "from POST until completed is read; two ports, TLS, one path"
    for callers in _CALLERS:
        ended = await _for_a_while(_whole(system, targets), callers, mode.load_s)
        rows += _rows(f"load.e2e.c{callers}", ended, 1, note)
    reads = await _reads_under_load(system, targets, mode)
    return [*rows, *_rows("load.get", reads, 1, "GET of one check while 8 callers create batches")]


async def _for_a_while(call: Call, callers: int, for_s: float) -> Seen:
    """Let so many callers call, each again as soon as it has its answer."""
    seen = Seen()
    started_s = time.perf_counter()

    async def keep_calling(number: int) -> None:
        while time.perf_counter() - started_s < for_s:
            await seen.time(call(number))
            number += callers

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(keep_calling(number))
    seen.elapsed_s = time.perf_counter() - started_s
    return seen


def _single(system: System) -> Call:
    async def create(number: int) -> bool:
        return bool(await _created(system, "/v1/check", {"fqdn": f"host{number:04}.bench.test"}))

    return create


def _batch(system: System) -> Call:
    async def create(number: int) -> bool:
        checks = [{"fqdn": f"host{number:04}-{item}.bench.test"} for item in range(_BATCH)]
        return bool(await _created(system, "/v1/checks/batch", {"checks": checks}))

    return create


def _whole(system: System, targets: Targets) -> Call:
    names = list(targets.names)

    async def create_and_wait(number: int) -> bool:
        spec = _spec(names[number % len(names)], targets)
        created = await _created(system, "/v1/check", spec)
        return bool(created) and await _ended(system, str(created["id"])) == "completed"

    return create_and_wait


async def _reads_under_load(system: System, targets: Targets, mode: Mode) -> Seen:
    """Read one check at a steady pace while batches are created and carried out."""
    names = list(targets.names)
    reads = Seen()
    one = str((await _created(system, "/v1/check", _spec(names[0], targets)))["id"])
    await _ended(system, one)

    async def send(number: int) -> bool:
        checks = [_spec(names[(number + item) % len(names)], targets) for item in range(_BATCH)]
        return bool(await _created(system, "/v1/checks/batch", {"checks": checks}))

    async def read() -> bool:
        async with system.session.get(f"/v1/check/{one}") as response:
            await response.read()
            return response.status == _OK

    load = asyncio.create_task(_for_a_while(send, 8, mode.load_s))
    started_s = time.perf_counter()
    while not load.done():
        await reads.time(read())
        await asyncio.sleep(_READ_EVERY_S)
    await load
    reads.elapsed_s = time.perf_counter() - started_s
    async with asyncio.timeout(_DRAIN_S):
        while await _is_any_pending(system):  # noqa: ASYNC110 - a list of checks tells nobody
            await asyncio.sleep(_LOOK_EVERY_S)
    return reads


async def _is_any_pending(system: System) -> bool:
    return bool((await system.page({"status": "pending", "limit": "1"}))["data"])


def _spec(name: str, targets: Targets) -> dict[str, object]:
    return {"fqdn": name, "ports": list(targets.ports), "discovery": "off"}


async def _created(system: System, path: str, body: object) -> dict[str, object]:
    """Return the answer; nothing when it was not created."""
    async with system.session.post(path, json=body) as response:
        answer: dict[str, object] = await response.json()
    return answer if response.status == _CREATED else {}


async def _ended(system: System, check_id: str) -> str:
    """Return how a check ended."""
    while True:
        async with system.session.get(f"/v1/check/{check_id}") as response:
            status = (await response.json()).get("status") if response.status == _OK else None
        if status not in {None, "pending"}:
            return str(status)
        await asyncio.sleep(_LOOK_EVERY_S)


def _rows(name: str, seen: Seen, checks_a_call: int, note: str) -> Iterator[Measurement]:
    calls = len(seen.latencies_s)
    taken_s = seen.latencies_s or [0.0]
    figures = (
        ("per_s", calls * checks_a_call / seen.elapsed_s, "checks/s"),
        ("p50_ms", percentile(taken_s, 0.5) * 1000, "ms"),
        ("p99_ms", percentile(taken_s, 0.99) * 1000, "ms"),
        ("p99_9_ms", percentile(taken_s, 0.999) * 1000, "ms"),
        ("errors", seen.errors, "calls"),
    )
    for figure, value, unit in figures:
        yield Measurement(
            name=f"{name}_{figure}",
            value=value,
            unit=unit,
            command=_COMMAND,
            runs=calls,
            note=note if figure == "per_s" else "",
        )
