import asyncio
import io
import time
from pathlib import Path

import pytest

from deploy.local import supervisor as supervisor_module
from deploy.local.console import Console
from deploy.local.program import Launch, Program
from deploy.local.supervisor import NotReadyError, Supervisor

LOOP = "while :; do sleep 0.02; done"
PATH = {"PATH": "/usr/bin:/bin"}


def supervisor() -> tuple[Supervisor, io.StringIO]:
    stream = io.StringIO()
    return Supervisor(Console(stream, colour=False), PATH), stream


def program(label: str, script: str, ready_file: Path | None = None) -> Program:
    async def is_ready() -> bool:
        return ready_file is None or await asyncio.to_thread(ready_file.exists)

    launch = Launch(command=["sh", "-c", script], is_ready=is_ready)
    return Program(role=label.split("#", maxsplit=1)[0], label=label, launch=lambda: launch)


def waiting(log: Path, name: str) -> str:
    """Return a script that runs until told to stop, and writes its name when it is."""
    return f"trap 'echo {name} >> {log}; exit 0' TERM; touch {log}.{name}; {LOOP}"


async def test_groups_stop_in_reverse_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    parts, _ = supervisor()
    async with parts:
        await parts.start([program("a", waiting(log, "a"), tmp_path / "log.a")])
        await parts.start(
            [program("b", waiting(log, "b"), tmp_path / "log.b")],
            [program("c", waiting(log, "c"), tmp_path / "log.c")],
        )
    assert log.read_text().split() == ["c", "b", "a"]


async def test_start_returns_once_all_are_ready(tmp_path: Path) -> None:
    parts, _ = supervisor()
    ready = tmp_path / "ready"
    began = time.monotonic()
    async with parts:
        await parts.start(
            [
                program("slow", f"sleep 0.3; touch {ready}; exec sleep 60", ready),
                program("b", "exec sleep 60"),
            ]
        )
        assert ready.exists()
        assert time.monotonic() - began >= 0.3


async def test_process_ids_are_known_by_role_and_changes_told() -> None:
    parts, _ = supervisor()
    told: list[list[int]] = []
    async with parts:
        await parts.start(
            [program("gateway#1", "exec sleep 60"), program("gateway#2", "exec sleep 60")]
        )
        while len(parts.pids("gateway")) < 2:
            await asyncio.sleep(0.01)
        assert parts.pids("scheduler") == []
        parts.tell_changes(lambda: told.append(parts.pids("gateway")))
        assert len(told[0]) == 2
    assert [len(pids) for pids in told] == [2, 1, 0]


async def test_one_that_refuses_its_configuration_ends_the_wait(tmp_path: Path) -> None:
    parts, _ = supervisor()
    with pytest.raises(NotReadyError, match="b refuses its configuration"):
        async with parts:
            await parts.start(
                [program("a", "exec sleep 60"), program("b", "exit 78", tmp_path / "never")]
            )
    assert parts.pids("a") == []


async def test_one_that_does_not_come_up_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_PATIENCE_S", 0.3)
    parts, _ = supervisor()
    with pytest.raises(NotReadyError, match=r"not ready after 0\.3 s: b"):
        async with parts:
            await parts.start(
                [program("a", "exec sleep 60"), program("b", "exec sleep 60", tmp_path / "never")]
            )


async def test_a_second_request_to_stop_kills_at_once() -> None:
    parts, _ = supervisor()
    stubborn = program("a", "trap '' TERM; while :; do sleep 0.01; done")
    async with asyncio.timeout(5):
        async with parts:
            await parts.start([stubborn])
            await asyncio.sleep(0.1)
            asyncio.get_running_loop().call_later(0.2, parts.kill)
    assert parts.is_stopping
