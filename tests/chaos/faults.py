"""Does to a world what a plan says."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from resource import RLIM_INFINITY, RLIMIT_FSIZE
from typing import Final

import psutil

from tests.chaos.plan import Fault, Kind
from tests.chaos.world import World


async def suffer(world: World, fault: Fault) -> str:
    """Bring one fault about and return when it is over; returns what was hit.

    What is done to a server itself waits for its turn: one that is frozen cannot be stopped.
    """
    server = _SERVER_OF.get(fault.kind)
    async with world.turns[server] if server else contextlib.nullcontext():
        return await _FAULTS[fault.kind](world, fault)


def _one_of(world: World, fault: Fault) -> int | None:
    """Return the process a fault is meant for; None while there is none."""
    pids = world.system.pids(fault.role)
    return pids[fault.which % len(pids)] if pids else None


async def _kill(world: World, fault: Fault) -> str:
    pid = _one_of(world, fault)
    return _signalled(pid, signal.SIGKILL)


async def _freeze(world: World, fault: Fault) -> str:
    pid = _one_of(world, fault)
    told = _signalled(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(fault.lasts_s)
    finally:
        _signalled(pid, signal.SIGCONT)
    return told


def _signalled(pid: int | None, signum: signal.Signals) -> str:
    if pid is None:
        return "none was running"
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signum)
        return f"pid {pid}"
    return "it had ended already"


async def _restart_nats(world: World, _: Fault) -> str:
    await asyncio.to_thread(world.nats.kill)
    await asyncio.to_thread(world.nats.start)
    return "killed and started again"


async def _lose_nats_store(world: World, _: Fault) -> str:
    await asyncio.to_thread(world.nats.kill)
    shutil.rmtree(world.nats.server.folder / "jetstream", ignore_errors=True)
    await asyncio.to_thread(world.nats.start)
    return "killed, its streams deleted, started again"


async def _fill_nats_disk(world: World, fault: Fault) -> str:
    """Let every write to a file fail, then do as an operator would who made room: restart it."""
    server = psutil.Process(world.nats.pid)
    server.rlimit(RLIMIT_FSIZE, (0, RLIM_INFINITY))
    await asyncio.sleep(fault.lasts_s)
    return await _restart_nats(world, fault)


async def _freeze_nats(world: World, fault: Fault) -> str:
    return await _freeze_group(world.nats.pid, fault)


async def _freeze_postgres(world: World, fault: Fault) -> str:
    return await _freeze_group(world.postgres.pid, fault)


async def _freeze_group(leader: int, fault: Fault) -> str:
    """Let a server and all of its processes stand still."""
    server = psutil.Process(leader)
    server.suspend()  # first: it starts no others then
    frozen = [server, *server.children(recursive=True)]
    try:
        for process in frozen[1:]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.suspend()
        await asyncio.sleep(fault.lasts_s)
    finally:
        for process in frozen:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()
    return f"{len(frozen)} processes"


async def _restart_postgres(world: World, _: Fault) -> str:
    await asyncio.to_thread(world.postgres.kill)
    await asyncio.to_thread(world.postgres.start)
    return "killed and started again"


async def _cut(world: World, fault: Fault) -> str:
    return f"{world.proxies[fault.role].cut(fault.amount)} connections"


async def _delay(world: World, fault: Fault) -> str:
    proxy = world.proxies[fault.role]
    async with proxy.delayed(fault.amount / 1000):
        await asyncio.sleep(fault.lasts_s)
    return f"{proxy.count} connections"


async def _silence(world: World, fault: Fault) -> str:
    async with world.proxies[fault.role].silenced(fault.amount) as count:
        await asyncio.sleep(fault.lasts_s)
    return f"{count} connections"


async def _step_clock(world: World, fault: Fault) -> str:
    pid = _one_of(world, fault)
    if pid is None:
        return "none was running"
    stepped = world.clocks.step(pid, fault.amount)
    return f"pid {pid}" if stepped else "not stepped: there is no C compiler"


_SERVER_OF: Final[dict[Kind, str]] = {
    Kind.NATS_RESTART: "nats",
    Kind.NATS_LOST: "nats",
    Kind.NATS_FULL: "nats",
    Kind.NATS_FREEZE: "nats",
    Kind.POSTGRES_RESTART: "postgres",
    Kind.POSTGRES_FREEZE: "postgres",
}
_FAULTS: Final[dict[Kind, Callable[[World, Fault], Awaitable[str]]]] = {
    Kind.KILL: _kill,
    Kind.FREEZE: _freeze,
    Kind.NATS_RESTART: _restart_nats,
    Kind.NATS_LOST: _lose_nats_store,
    Kind.NATS_FULL: _fill_nats_disk,
    Kind.NATS_FREEZE: _freeze_nats,
    Kind.POSTGRES_RESTART: _restart_postgres,
    Kind.POSTGRES_FREEZE: _freeze_postgres,
    Kind.CUT: _cut,
    Kind.DELAY: _delay,
    Kind.SILENCE: _silence,
    Kind.CLOCK: _step_clock,
}
