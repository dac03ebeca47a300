"""The wheel of the client in an environment of its own, on the oldest Python at hand."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.tree import ROOT
from tests.e2e.conftest import Town
from tests.e2e.running import System

OLDEST: Final = (3, 9)
USE: Final = """
import sys
from outscope_client import Client
with Client() as client:
    made = client.checks.create("wheel.town.test", ports=[int(sys.argv[1])])
    check = client.checks.wait(made.id)
    print(check["status"], sorted(name for name in sys.modules if name in ("typer", "pydantic")))
"""

pytestmark = pytest.mark.timeout(600)


def run(*command: str | Path, **env: str) -> str:
    done = subprocess.run(
        list(map(str, command)), env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def oldest_python() -> str:
    """Return the oldest Python at hand that the client is for; the one we run on at the latest."""
    told = os.environ.get("PYENV_ROOT", "")
    installed = Path(told) if told else Path.home() / ".pyenv"
    for minor in range(OLDEST[1], sys.version_info.minor):
        for found in [*installed.glob(f"versions/3.{minor}.*/bin/python"), f"python3.{minor}"]:
            if is_usable(str(found)):
                return str(found)
    return sys.executable


def is_usable(python: str) -> bool:
    try:
        asked = subprocess.run([python, "-c", "import ensurepip, venv"], check=False)
    except OSError:
        return False
    return asked.returncode == 0


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT / "client", **os.environ)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that holds nothing yet."""
    folder = tmp_path_factory.mktemp("environment")
    run(oldest_python(), "-m", "venv", folder, **os.environ)
    return folder / "bin"


def installed(binaries: Path, what: str) -> None:
    pip = (binaries / "python", "-m", "pip", "--quiet", "--disable-pip-version-check")
    run(*pip, "install", "--no-compile", what, **os.environ)


def test_the_wheel_is_all_that_the_client_and_the_command_line_need(
    system: System, town: Town, wheel: Path, binaries: Path
) -> None:
    login = {"OUTSCOPE_API_KEY": system.api_key, "OUTSCOPE_URL": system.rest}
    installed(binaries, str(wheel))
    assert run(binaries / "python", "-I", "-W", "error", "-c", USE, str(town.http), **login) == (
        "completed []\n"
    )
    told = subprocess.run([binaries / "outscope"], capture_output=True, text=True, check=False)
    assert "outscope-client[cli]" in told.stderr

    installed(binaries, f"{wheel}[cli]")
    assert re.fullmatch(r"outscope \d+\.\d+\.\d+\n", run(binaries / "outscope", "--version"))
    command = ("check", "wheel.town.test", "--port", str(town.http))
    report = run(binaries / "outscope", *command, **login, HOME=str(wheel.parent))
    assert report.startswith("wheel.town.test seen from eu-west-1")
