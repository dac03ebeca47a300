import asyncio
import io
import os
import signal
import time
from collections.abc import Callable

import pytest

from deploy.local.child import Child
from deploy.local.console import Console
from deploy.local.program import Launch, LaunchError, Program


class Stage:
    """A console to read and programs of one shell line each."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.changes = 0

    def child(
        self, script: str, *, stop_signal: signal.Signals = signal.SIGTERM, grace_s: float = 5.0
    ) -> Child:
        launch = Launch(
            command=["sh", "-c", script], is_ready=_ready, settings={"SETTING": "its-own"}
        )
        return self.child_of(lambda: launch, stop_signal=stop_signal, grace_s=grace_s)

    def child_of(
        self,
        launch: Callable[[], Launch],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace_s: float = 5.0,
    ) -> Child:
        program = Program(
            role="part", label="part", launch=launch, stop_signal=stop_signal, grace_s=grace_s
        )
        environment = {"PATH": os.defpath, "SETTING": "of-all", "OTHER": "kept"}
        return Child(program, Console(self.stream, colour=False), environment, self._count)

    @property
    def shown(self) -> str:
        return self.stream.getvalue()

    def _count(self) -> None:
        self.changes += 1


async def _ready() -> bool:
    return True


async def until(claim: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0.01)


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_what_it_says_is_shown_with_its_name_from_both_outputs(stage: Stage) -> None:
    child = stage.child("echo $SETTING; echo $OTHER >&2; exec sleep 60")
    child.start()
    await until(lambda: "kept" in stage.shown)
    await child.stop()
    assert "part     | its-own\npart     | kept\n" in stage.shown


async def test_one_that_dies_is_started_again_after_a_pause(stage: Stage) -> None:
    child = stage.child("exec sleep 60")
    child.start()
    await until(lambda: child.pid)
    first, killed_at = child.pid, time.monotonic()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.pid not in {None, first})
    assert time.monotonic() - killed_at >= 0.2
    assert "part was killed by SIGKILL; starting it again in 0.2 s" in stage.shown
    assert stage.changes == 3
    await child.stop()
    assert child.pid is None


async def test_pauses_grow_while_it_keeps_dying(stage: Stage) -> None:
    child = stage.child("exit 3")
    child.start()
    await until(lambda: "in 0.4 s" in stage.shown)
    await child.stop()
    assert "part ended with exit code 3; starting it again in 0.2 s" in stage.shown


async def test_stop_ends_it_in_good_order(stage: Stage) -> None:
    child = stage.child(
        "trap 'echo drained; exit 0' INT; echo up; while :; do sleep 0.01; done",
        stop_signal=signal.SIGINT,
    )
    child.start()
    await until(lambda: "up" in stage.shown)
    await child.stop()
    assert "drained" in stage.shown
    assert "again" not in stage.shown


async def test_one_that_does_not_end_in_time_is_killed(stage: Stage) -> None:
    child = stage.child("trap '' TERM; echo up; while :; do sleep 0.01; done", grace_s=0.2)
    child.start()
    await until(lambda: "up" in stage.shown)
    pid = child.pid
    assert pid is not None
    await child.stop()
    assert "did not end in time" in stage.shown
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_stop_in_a_pause_starts_nothing(stage: Stage) -> None:
    child = stage.child("exit 3")
    child.start()
    await until(lambda: "starting it again" in stage.shown)
    async with asyncio.timeout(1):
        await child.stop()
    assert child.pid is None


async def test_stop_before_the_start_has_come_to_its_process_starts_nothing(stage: Stage) -> None:
    child = stage.child("echo up; exec sleep 60")
    child.start()
    async with asyncio.timeout(2):
        await child.stop()
    assert child.pid is None
    assert "up" not in stage.shown


async def test_a_program_that_cannot_be_started_at_first_is_an_error(stage: Stage) -> None:
    def impossible() -> Launch:
        raise LaunchError("no wheel")

    child = stage.child_of(impossible)
    child.start()

    def failed() -> bool:
        try:
            child.raise_failure()
        except LaunchError:
            return True
        return False

    await until(failed)
    await child.stop()


async def test_a_program_that_cannot_be_started_later_is_tried_again(stage: Stage) -> None:
    launches = 0

    def sometimes() -> Launch:
        nonlocal launches
        launches += 1
        if launches == 2:
            raise LaunchError("disk full")
        return Launch(command=["sh", "-c", f"echo start {launches}; exit 1"], is_ready=_ready)

    child = stage.child_of(sometimes)
    child.start()
    await until(lambda: "start 3" in stage.shown)
    await child.stop()
    assert "part cannot be started: disk full; starting it again in 0.4 s" in stage.shown


async def test_a_refused_configuration_is_known(stage: Stage) -> None:
    child = stage.child("exit 78")
    child.start()
    await until(lambda: child.refused_configuration)
    await child.stop()


async def test_output_without_end_of_line_does_not_stop_it(stage: Stage) -> None:
    child = stage.child("head -c 300000 /dev/zero | tr '\\0' x; echo; echo after; exec sleep 60")
    child.start()
    await until(lambda: "part     | after" in stage.shown)
    await child.stop()
    assert stage.shown.count("x") == 300_000
