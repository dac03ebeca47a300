"""A long run through the whole system: whether memory stays where it was, and nothing is lost."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psutil

from bench.measurement import Measurement
from bench.mode import Mode
from bench.system import ROLES, System, running_system
from bench.targets.serving import Targets, serving_targets

_COMMAND: Final = "make bench B=soak"
_BATCH: Final = 100
_BATCHES_AT_ONCE: Final = 4
# Checks that wait at once: what a caller who paces itself leaves in the queue.
_WAITING: Final = 5_000
_SHARE: Final = 10
_MIB: Final = 1024 * 1024
_LOOK_EVERY_S: Final = 0.2


async def measure(mode: Mode, folder: Path) -> list[Measurement]:
    """Return throughput, and memory and descriptors after all beside after the first tenth."""
    async with (
        serving_targets(mode.hosts, folder) as targets,
        running_system(folder / "soak", probers=1, targets=targets) as system,
    ):
        started_s = time.perf_counter()
        await _complete(system, targets, mode.soak_checks // _SHARE)
        first = {role: _held(system.pids(role)) for role in ROLES}
        await _complete(system, targets, mode.soak_checks - mode.soak_checks // _SHARE)
        elapsed_s = time.perf_counter() - started_s
        last = {role: _held(system.pids(role)) for role in ROLES}
        lost = mode.soak_checks - await _completed(system)
    if lost:
        raise RuntimeError(f"{lost} of {mode.soak_checks} checks were not completed")
    return list(_rows(mode, elapsed_s, first, last))


async def _complete(system: System, targets: Targets, count: int) -> None:
    """Send so many checks, waiting whenever too many wait already, and return when all ended."""
    names = list(targets.names)
    for at in range(0, count, _WAITING):
        checks = [
            {"fqdn": names[number % len(names)], "ports": list(targets.ports), "discovery": "off"}
            for number in range(at, min(at + _WAITING, count))
        ]
        batches = iter([checks[first : first + _BATCH] for first in range(0, len(checks), _BATCH)])
        async with asyncio.TaskGroup() as group:
            for _ in range(_BATCHES_AT_ONCE):
                group.create_task(_send(system, batches))
        while await _is_any_pending(system):  # noqa: ASYNC110 - a list of checks tells nobody
            await asyncio.sleep(_LOOK_EVERY_S)


async def _is_any_pending(system: System) -> bool:
    return bool((await system.page({"status": "pending", "limit": "1"}))["data"])


async def _send(system: System, batches: Iterator[Sequence[object]]) -> None:
    for batch in batches:
        await system.post("/v1/checks/batch", {"checks": batch})


async def _completed(system: System) -> int:
    query = {"status": "completed", "limit": "100"}
    count = 0
    while True:
        page = await system.page(query)
        count += len(page["data"])
        if not page["pagination"]["has_more"]:
            return count
        query["cursor"] = page["pagination"]["next_cursor"]


def _held(pids: Sequence[int]) -> tuple[int, int]:
    """Return resident bytes and open descriptors."""
    processes = [psutil.Process(pid) for pid in pids]
    return (
        sum(each.memory_info().rss for each in processes),
        sum(each.num_fds() for each in processes),
    )


def _rows(
    mode: Mode,
    elapsed_s: float,
    first: dict[str, tuple[int, int]],
    last: dict[str, tuple[int, int]],
) -> Iterator[Measurement]:
    yield Measurement(
        name="soak.completed_per_s",
        value=mode.soak_checks / elapsed_s,
        unit="checks/s",
        command=_COMMAND,
        runs=mode.soak_checks,
        note="none lost",
    )
    beside = f"after {mode.soak_checks} checks, beside after {mode.soak_checks // _SHARE}"
    for role in ROLES:
        figures = (("mib", "MiB", 0, _MIB), ("descriptors", "descriptors", 1, 1))
        for name, unit, part, by in figures:
            yield Measurement(
                name=f"soak.{role}_{name}",
                value=last[role][part] / by,
                unit=unit,
                command=_COMMAND,
                peer=first[role][part] / by,
                note=beside,
            )
