"""The whole system on this machine: checks completed a second, an idle one's latency, memory."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import grpc.aio
import psutil

from bench.measurement import Measurement, percentile
from bench.mode import Mode
from bench.system import ROLES, System, running_system
from bench.targets.serving import Targets, serving_targets
from outscope.rpc.channel import open_channel
from outscope.rpc.metadata import X_API_KEY
from outscope.v1 import check_pb2, check_service_pb2, check_service_pb2_grpc

_COMMAND: Final = "make bench B=e2e"
_BATCH: Final = 100
_BATCHES_AT_ONCE: Final = 4
_WARM_UP: Final = 10
_WATCH_S: Final = 60.0
_ROUND_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.05
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What sending many checks showed."""

    per_s: list[float]
    # Resident bytes of each role after the first round, and after the last.
    memory_first: dict[str, int]
    memory_last: dict[str, int]


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return throughput, idle latency and memory."""
    async with (
        serving_targets(mode.hosts, folder) as targets,
        running_system(folder / "e2e", probers=1, targets=targets) as system,
    ):
        await _idle_latencies_s(system, targets, _WARM_UP)
        idle_s = await _idle_latencies_s(system, targets, mode.idle_checks)
        loaded = await _loaded(system, targets, mode)
    return [*_idle_rows(idle_s), *_load_rows(loaded, mode, targets)]


async def _idle_latencies_s(system: System, targets: Targets, count: int) -> list[float]:
    """Create single checks one after the other, and watch each until it has ended."""
    names = list(targets.names)
    async with open_channel(system.grpc) as channel:
        return [
            await _latency_s(system, channel, _check(names[number % len(names)], targets))
            for number in range(count)
        ]


async def _latency_s(system: System, channel: grpc.aio.Channel, check: object) -> float:
    watcher = check_service_pb2_grpc.CheckServiceStub(channel)
    started_s = time.perf_counter()
    created = await system.post("/v1/check", check)
    request = check_service_pb2.WatchCheckRequest(id=created["id"])
    metadata = ((X_API_KEY, system.api_key),)
    status = check_pb2.CHECK_STATUS_PENDING
    async for answer in watcher.WatchCheck(request, metadata=metadata, timeout=_WATCH_S):
        status = answer.check.status
    if status != check_pb2.CHECK_STATUS_COMPLETED:
        raise RuntimeError(f"check {created['id']} ended as {status}")
    return time.perf_counter() - started_s


async def _loaded(system: System, targets: Targets, mode: Mode) -> Loaded:
    per_s: list[float] = []
    memory: list[dict[str, int]] = []
    before = await _count(system, "completed")
    for _ in range(mode.check_rounds):
        per_s.append(mode.checks_per_round / await _round_s(system, targets, mode))
        memory.append({role: _resident_bytes(system.pids(role)) for role in ROLES})
    completed = await _count(system, "completed") - before
    if completed != mode.checks_per_round * mode.check_rounds:
        raise RuntimeError(f"{completed} checks were completed, and more were sent")
    return Loaded(per_s=per_s, memory_first=memory[0], memory_last=memory[-1])


async def _round_s(system: System, targets: Targets, mode: Mode) -> float:
    """Send a round's checks in batches and wait until none is pending."""
    names = list(targets.names)
    checks = [
        _check(names[number % len(names)], targets) for number in range(mode.checks_per_round)
    ]
    batches = iter([checks[at : at + _BATCH] for at in range(0, len(checks), _BATCH)])
    started_s = time.perf_counter()
    async with asyncio.timeout(_ROUND_S):
        async with asyncio.TaskGroup() as group:
            for _ in range(_BATCHES_AT_ONCE):
                group.create_task(_send_some(system, batches))
        while await _is_any_pending(system):  # noqa: ASYNC110 - a list of checks tells nobody
            await asyncio.sleep(_LOOK_EVERY_S)
    return time.perf_counter() - started_s


async def _is_any_pending(system: System) -> bool:
    return bool((await system.page({"status": "pending", "limit": "1"}))["data"])


async def _send_some(system: System, batches: Iterator[Sequence[object]]) -> None:
    for batch in batches:
        await system.post("/v1/checks/batch", {"checks": batch})


async def _count(system: System, status: str) -> int:
    query = {"status": status, "limit": "100"}
    count = 0
    while True:
        page = await system.page(query)
        count += len(page["data"])
        if not page["pagination"]["has_more"]:
            return count
        query["cursor"] = page["pagination"]["next_cursor"]


def _check(name: str, targets: Targets) -> dict[str, object]:
    # A page and no more, as ever.
    return {"fqdn": name, "ports": list(targets.ports), "discovery": "off"}


def _resident_bytes(pids: Sequence[int]) -> int:
    return sum(psutil.Process(pid).memory_info().rss for pid in pids)


def _idle_rows(latencies_s: Sequence[float]) -> Iterator[Measurement]:
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        yield Measurement(
            name=f"e2e.idle_{name}_ms",
            value=percentile(latencies_s, share) * 1000,
            unit="ms",
            command=_COMMAND,
            runs=len(latencies_s),
            note="from POST /v1/check to completed, watched over gRPC; two ports, TLS, one path",
        )


def _load_rows(loaded: Loaded, mode: Mode, targets: Targets) -> Iterator[Measurement]:
    yield Measurement(
        name="e2e.completed_per_s",
        value=median(loaded.per_s),
        unit="checks/s",
        command=_COMMAND,
        runs=len(loaded.per_s),
        note=f"{mode.checks_per_round} checks a run, none lost; targets by {targets.server} "
        "on the same machine",
    )
    total = mode.checks_per_round * mode.check_rounds
    for role in ROLES:
        yield Measurement(
            name=f"memory.{role}_mib",
            value=loaded.memory_last[role] / _MIB,
            unit="MiB",
            command=_COMMAND,
            peer=loaded.memory_first[role] / _MIB,
            note=f"resident after {total} checks, beside after {mode.checks_per_round}",
        )
