"""Servers are started as they say, and all of what was started is gone afterwards."""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from tests.servers import starting
from tests.servers.server import Server, servers
from tests.servers.starting import StartError, started
from tests.targets.certificates import Authority

(FILES,) = [server for server in servers() if server.name == "http_server"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Whoever signs for the servers."""
    return Authority.root("Starting")


def script(source: str) -> Server:
    return replace(FILES, command=(sys.executable, "-c", source))


def is_taken(address: str, port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex((address, port)) == 0


async def test_a_server_answers_while_the_context_is_open_and_is_gone_after(
    authority: Authority,
) -> None:
    async with started(FILES, authority) as running:
        (port,) = running.ports
        assert is_taken(running.address, port)
    assert not is_taken(running.address, port)


async def test_children_of_a_server_are_ended_too(authority: Authority, tmp_path: Path) -> None:
    noted = tmp_path / "child"
    source = (
        "import pathlib, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])\n"
        f"pathlib.Path({str(noted)!r}).write_text(str(child.pid))\n"
        "from http.server import test, SimpleHTTPRequestHandler as H\n"
        "test(H, port=int('@port@'), bind='@host@')\n"
    )
    async with started(script(source), authority):
        child = int(noted.read_text("utf-8"))
        assert psutil.pid_exists(child)
    for _ in range(50):
        if not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie":
            return
        await asyncio.sleep(0.1)
    pytest.fail("the child is still there")


async def test_a_server_that_ends_is_told_with_its_last_words(authority: Authority) -> None:
    with pytest.raises(StartError, match="no such database"):
        async with started(script("raise SystemExit('no such database')"), authority):
            pass


async def test_a_setup_that_fails_is_told_with_its_last_words(authority: Authority) -> None:
    failing = replace(FILES, setup=((sys.executable, "-c", "raise SystemExit('no disk')"),))
    with pytest.raises(StartError, match="ended with 1: no disk"):
        async with started(failing, authority):
            pass


async def test_a_server_that_never_answers_is_waited_for_so_long_and_no_longer(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "READY_S", 0.5)
    with pytest.raises(StartError, match="did not answer"):
        async with started(script("import time; time.sleep(99)"), authority):
            pass
