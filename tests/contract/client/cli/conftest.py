"""A shell with the command line, beside the system that it calls."""

from pathlib import Path

import pytest

from tests.contract.client.cli.shell import Shell, shell_in
from tests.e2e.conftest import system, town
from tests.e2e.running import System

__all__ = ["system", "town"]


@pytest.fixture
def shell(system: System, tmp_path: Path) -> Shell:
    return shell_in(tmp_path / "shell", system.rest, system.api_key)
