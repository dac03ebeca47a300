"""Installs the reference library of Node's receivers, once for each state of its lock.

`python -m tests.contract.receivers.installing` is the first half of `make receivers`.
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from tests.servers.installing import InstallError, is_installed, run_client, state_of

HERE: Final = Path(__file__).parent
NODE: Final = HERE.parents[2] / ".outscope" / "receivers" / "node"
_NPM_FILES: Final = ("package.json", "package-lock.json")


def lacks_of_node() -> str | None:
    """Return why the receiver of Node cannot be started; None when it can."""
    if shutil.which("node") is None:
        return "this machine has no node"
    return None if is_installed(_stamp(), _state()) else "not installed: make receivers"


def install() -> str | None:
    """Install it where there is npm; return why that cannot be done."""
    if shutil.which("npm") is None:
        return "this machine has no npm"
    if is_installed(_stamp(), _state()):
        return None
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir(parents=True)
    for name in _NPM_FILES:
        shutil.copy(HERE / name, NODE)
    try:
        run_client("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=NODE)
    except InstallError as error:
        return str(error)
    _stamp().write_text(_state(), "utf-8")
    return None


def _stamp() -> Path:
    return NODE / ".installed"


def _state() -> str:
    return state_of(*(HERE / name for name in _NPM_FILES))


if __name__ == "__main__":
    lacking = install()
    if lacking is not None:
        sys.stdout.write(f"cannot be had: {lacking}\n")
