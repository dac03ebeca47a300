import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from outscope.lifecycle import Tasks

PROGRAM = """
import asyncio, contextlib, gc, sys
from outscope.config import ConfigError
from outscope.lifecycle import run_service

@contextlib.asynccontextmanager
async def service():
    if sys.argv[1] == "misconfigured":
        raise ConfigError("NAME is not set")
    print("open", flush=True)
    if sys.argv[1] == "waiting":
        await asyncio.sleep(60)
    yield
    if sys.argv[1] == "stuck":
        await asyncio.sleep(60)
    if sys.argv[1] == "counting":
        print(gc.get_freeze_count() > 10_000, len(gc.get_objects()) < 10_000, flush=True)
    print("closed", flush=True)

run_service("test", service)
"""


def started(mode: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, mode]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def test_sigterm_closes_the_service_and_ends_well() -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        with started("plain") as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            process.send_signal(signum)
            assert process.communicate(timeout=10)[0] == "closed\n"
            assert process.returncode == 0


def test_what_was_made_before_a_service_served_is_never_looked_at_by_the_collector() -> None:
    with started("counting") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[0] == "True True\nclosed\n"


def test_a_second_signal_ends_it_at_once() -> None:
    with started("stuck") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        assert process.returncode == -signal.SIGTERM


def test_sigterm_ends_a_service_that_still_waits_for_what_it_needs() -> None:
    with started("waiting") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=10)[0] == ""
        assert process.returncode == 0


def test_a_configuration_that_cannot_be_used_is_told_in_one_line() -> None:
    with started("misconfigured") as process:
        _, errors = process.communicate(timeout=10)
        assert errors == "test: NAME is not set\n"
        assert process.returncode == 78


async def test_a_loop_that_fails_is_run_again() -> None:
    runs = 0
    twice = asyncio.Event()

    async def loop() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise OSError("passing fault")
        twice.set()
        await asyncio.sleep(60)

    async with Tasks(pause_s=0.01) as tasks, asyncio.timeout(5):
        tasks.keep("test", loop)
        await twice.wait()
    assert runs == 2


async def test_a_loop_that_loses_a_cancellation_ends_all_the_same() -> None:
    async def deaf_once() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async with asyncio.timeout(10):
        async with Tasks() as tasks:
            tasks.keep("test", deaf_once)
            await asyncio.sleep(0)


async def test_loops_end_with_their_context() -> None:
    ended = asyncio.Event()

    async def loop() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with Tasks() as tasks:
        tasks.keep("test", loop)
        await asyncio.sleep(0)
    assert ended.is_set()
