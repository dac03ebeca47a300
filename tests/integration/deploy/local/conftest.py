"""Runs the one-machine system as a person does, in a process of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import LOOPBACK

_PATIENCE_S = 90.0


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return Path(__file__).parents[4]


class LocalSystem:
    """A run of python -m deploy.local: its standard output, its log, its processes."""

    def __init__(self, command: list[str], repository: Path, log: Path, **settings: str) -> None:
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command,
                cwd=repository,
                env={**os.environ, **settings},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    @property
    def log(self) -> str:
        """All it has said on standard error."""
        return self._log.read_text()

    def line(self) -> str:
        """Return the next line of standard output."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log
        return line.rstrip("\n")

    def endpoints(self) -> dict[str, Any]:
        """Return the first line, once it is there."""
        endpoints: dict[str, Any] = json.loads(self.line())
        return endpoints

    def end(self, signum: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(signum)
        code = self.process.wait(_PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code


def local_command(folder: Path, *options: str) -> list[str]:
    """Return the command line of a system on ports of its own."""
    ports = ("--rest-port", "0", "--grpc-port", "0")
    return [sys.executable, "-m", "deploy.local", "--data", str(folder), *ports, *options]


@contextlib.contextmanager
def local_system(command: list[str], repository: Path, log: Path) -> Iterator[LocalSystem]:
    """Run the system while the context is open."""
    system = LocalSystem(command, repository, log)
    try:
        yield system
    finally:
        if system.process.poll() is None:
            system.end()


def call(endpoints: dict[str, Any], path: str, body: object = None) -> dict[str, Any]:
    """Return what the REST API answers."""
    headers = {"x-api-key": endpoints["api_key"], "content-type": "application/json"}
    sent = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{endpoints['rest']}{path}", sent, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        received: dict[str, Any] = json.load(answer)
    return received


def all_pids(endpoints: dict[str, Any]) -> list[int]:
    """Return every process id it told."""
    return [pid for pids in endpoints["pids"].values() for pid in pids]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be collected does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def is_listening(port: int) -> bool:
    """Tell whether somebody accepts connections on a port."""
    with contextlib.suppress(OSError):
        socket.create_connection((LOOPBACK, port), timeout=1).close()
        return True
    return False


def ports_of(endpoints: dict[str, Any]) -> list[int]:
    """Return the ports of everything it told."""
    names = ("rest", "grpc", "postgres", "nats")
    return [int(endpoints[name].rpartition(":")[2].partition("/")[0]) for name in names]


def until(claim: Callable[[], object], what: str) -> None:
    """Wait until a claim holds."""
    give_up = time.monotonic() + _PATIENCE_S / 3
    while not claim():
        assert time.monotonic() < give_up, what
        time.sleep(0.05)
