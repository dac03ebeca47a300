"""A running system and a small outside world for it to look at."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.receiver import Receiver, a_receiver
from tests.e2e.running import System, running_system


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Where the outside world listens."""

    dns: int
    http: int
    https: int
    slow: int
    ca_file: Path

    def options(self) -> list[str]:
        """The options with which a system looks at this world and at no other."""
        return [
            "--resolver",
            f"127.0.0.1:{self.dns}",
            "--allow-net",
            "127.0.0.0/8",
            "--ca-file",
            str(self.ca_file),
        ]


@contextmanager
def running_town(folder: Path) -> Iterator[Town]:
    """The outside world, in a process of its own, while the context is open."""
    program = Path(__file__).with_name("town.py")
    with subprocess.Popen(
        [sys.executable, str(program), str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Town(**json.loads(process.stdout.readline()), ca_file=folder / "ca.pem")
        finally:
            process.kill()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as running:
        yield running


@pytest.fixture(scope="session")
def system(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One system that all tests share which break nothing."""
    with running_system(tmp_path_factory.mktemp("system"), *town.options()) as running:
        yield running


@pytest.fixture
def own_system(town: Town, tmp_path: Path) -> Iterator[System]:
    """A system for one test that breaks it: two schedulers, two probers a vantage point."""
    replicas = ["--vantage", "eu-west-1:2", "--schedulers", "2", "--gateways", "2"]
    with running_system(tmp_path / "system", *town.options(), *replicas) as running:
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as serving:
        yield serving
