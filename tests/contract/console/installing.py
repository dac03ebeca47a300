"""Installs the browser that the console is looked at in, and what drives it.

`python -m tests.contract.console.installing` is the first half of `make console-check`. Debian's
chromium is installed by apt-get where that is allowed; CHROMIUM names another one. What drives it
is installed below .outscope, from a lock of its own, so that make setup needs none of it.

What cannot be had is told, and then the tests are skipped with that reason; in CI they fail.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.servers.installing import InstallError, is_installed, run_client, state_of

LOCK: Final = Path(__file__).with_name("requirements.lock")
# pytest has it among its paths: pyproject.toml.
DRIVER: Final = Path(__file__).parents[3] / ".outscope" / "browser" / "python"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_REMEDY: Final = (
    "this machine has no browser; install Debian's as root (apt-get install chromium), or name "
    "one: CHROMIUM=/path/to/chromium make console-check"
)
_APT_WITHIN_S: Final = 600
_APT_OPTIONS: Final = (
    "Acquire::Retries=2",
    "Acquire::http::Timeout=30",
    "Acquire::https::Timeout=30",
    "DPkg::Lock::Timeout=60",
    "APT::Install-Recommends=false",
)


def chromium() -> str | None:
    """Return the path of a browser; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)


def lacks_of_browser() -> str | None:
    """Return why no page can be looked at; None when it can."""
    if not is_installed(_stamp(), state_of(LOCK)):
        return "not installed: make console-check"
    return None if chromium() else _REMEDY


def install() -> str | None:
    """Install both where that may be done; return why it cannot be."""
    try:
        _install_driver()
    except InstallError as error:
        return f"what drives the browser: {error}"
    if chromium() is None and shutil.which("apt-get") is not None and os.geteuid() == 0:
        return _install_chromium()
    return lacks_of_browser()


def is_ci() -> bool:
    """Tell whether nobody reads what was skipped."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def _install_driver() -> None:
    if is_installed(_stamp(), state_of(LOCK)):
        return
    shutil.rmtree(DRIVER, ignore_errors=True)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    run_client(*pip, "--no-deps", "--require-hashes", "--target", DRIVER, "-r", LOCK)
    _stamp().write_text(state_of(LOCK), "utf-8")


def _install_chromium() -> str | None:
    options = [part for option in _APT_OPTIONS for part in ("-o", option)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sys.stdout.write("Installing Debian's chromium (a minute or two)\n")
    for command in (("update",), ("install", "--yes", "chromium")):
        try:
            ended = subprocess.run(
                ("apt-get", "--quiet=2", *options, *command),
                env=environment,
                timeout=_APT_WITHIN_S,
                stdout=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {command[0]} took longer than {_APT_WITHIN_S} s; {_REMEDY}"
        if ended.returncode:
            return f"apt-get {command[0]} ended with {ended.returncode}; {_REMEDY}"
    return lacks_of_browser()


def _stamp() -> Path:
    return DRIVER / ".installed"


if __name__ == "__main__":
    lacking = install()
    if lacking is not None and is_ci():
        sys.exit(f"cannot be had: {lacking}")
    if lacking is not None:
        sys.stdout.write(f"cannot be had: {lacking}\n")
