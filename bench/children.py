"""Starts the processes a benchmark needs, on a core of their own, and ends each by its id."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.memory import peak_bytes
from deploy.local.leash import leashed

_END_S: Final = 20.0
_LOOK_EVERY_S: Final = 0.05
_LINE_BYTES: Final = 1024 * 1024
_TOLD_CHARS: Final = 4000

CORES: Final = tuple(sorted(os.sched_getaffinity(0)))
# What is measured has the first core for itself; everything else shares the others.
MEASURED_CORE: Final = frozenset(CORES[:1])
OTHER_CORES: Final = frozenset(CORES[1:] or CORES)


def module_command(module: str, *arguments: object) -> list[str]:
    """Return the command that runs a module with this Python."""
    return [sys.executable, "-m", module, *(str(argument) for argument in arguments)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A process that ran to its end."""

    stdout: bytes
    # User and system time, all threads and children waited for.
    cpu_s: float
    elapsed_s: float
    # The most memory it was seen to hold.
    peak_bytes: int


async def finished(
    command: Sequence[str],
    *,
    cores: frozenset[int],
    environment: Mapping[str, str] | None = None,
) -> Finished:
    """Run a process to its end on these cores; raise when it fails."""
    before_s, started_s = _children_cpu_s(), time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(environment or {})},
        preexec_fn=_pinned(cores),
    )
    peaks = [0]
    watching = asyncio.create_task(_watch_memory(process.pid, peaks))
    try:
        stdout, stderr = await process.communicate()
    finally:
        watching.cancel()
        await _end(process)
    if process.returncode:
        raise RuntimeError(
            f"{command[0]} ended with {process.returncode}: {stderr.decode()[-_TOLD_CHARS:]}"
        )
    return Finished(
        stdout=stdout,
        cpu_s=_children_cpu_s() - before_s,
        elapsed_s=time.monotonic() - started_s,
        peak_bytes=max(peaks),
    )


async def _watch_memory(pid: int, peaks: list[int]) -> None:
    """Note the memory of a process while it runs: a process that has ended has none to show."""
    while True:
        peaks.append(peak_bytes(pid))
        await asyncio.sleep(_LOOK_EVERY_S)


@asynccontextmanager
async def serving(
    command: Sequence[str],
    *,
    cores: frozenset[int] = OTHER_CORES,
    environment: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a server while the context is open; what it says on standard error goes to log.

    It ends with us, however we end.
    """
    with (log or Path(os.devnull)).open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *leashed(list(command), signal.SIGTERM),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
            preexec_fn=_pinned(cores),
            limit=_LINE_BYTES,
        )
    try:
        yield process
    except Exception as error:
        if log is not None:
            error.add_note(_last_words(command, log))
        raise
    finally:
        await _end(process)


def _last_words(command: Sequence[str], log: Path) -> str:
    return f"{' '.join(command)} said:\n{log.read_text()[-_TOLD_CHARS:]}"


async def first_line(process: asyncio.subprocess.Process, *, patience_s: float = 30.0) -> str:
    """Return what a server prints first, which says that it serves."""
    assert process.stdout is not None
    async with asyncio.timeout(patience_s):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("a server ended before it was ready")
    return line.decode()


def cpu_s_of(process: psutil.Process) -> float:
    """Return the user and system time a running process has used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _pinned(cores: frozenset[int]) -> Callable[[], None]:
    """Return what a child runs first to stay on these cores."""

    def pin() -> None:
        os.sched_setaffinity(0, cores)

    return pin


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
