"""Where the programs of each source are once they are installed, and what runs with them.

Law: all of it is below .outscope/servers of this checkout. Nothing is installed into the system,
and nothing of the product's own environment is touched.
"""

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.servers.server import HERE, Server

PROGRAMS: Final = HERE.parents[1] / ".outscope" / "servers"
PYTHON: Final = PROGRAMS / "python"
NODE: Final = PROGRAMS / "node"
DEBIAN: Final = PROGRAMS / "debian"
# Of Debian, one file for each package that is there.
UNPACKED: Final = DEBIAN / ".unpacked"
_NOT_INSTALLED: Final = "not installed"
# A proxy that is nobody: what wants to call home reaches nothing.
_NOWHERE: Final = "http://127.0.0.1:9"


def missing(server: Server) -> str | None:
    """Return why a server cannot be started on this machine; None when it can."""
    if server.source == "pypi":
        return None if (PYTHON / ".installed").exists() else _NOT_INSTALLED
    if server.source == "npm":
        return _lacks_of_npm()
    return _lacks_of_debian(server.packages) if server.source == "debian" else None


def _lacks_of_npm() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "this machine has no node and npm"
    return None if (NODE / ".installed").exists() else _NOT_INSTALLED


def _lacks_of_debian(packages: tuple[str, ...]) -> str | None:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return "this machine has no apt-get and dpkg-deb"
    absent = [package for package in packages if not (UNPACKED / package).exists()]
    return f"apt-get had no {', '.join(absent)}" if absent else None


def places() -> Mapping[str, str]:
    """Return where the programs are, by the names that commands and templates use."""
    return {
        "python": str(PYTHON / "bin" / "python"),
        "bin": str(PYTHON / "bin"),
        "interpreter": sys.executable,
        "node": shutil.which("node") or "node",
        "modules": str(NODE / "node_modules"),
        "debian": str(DEBIAN),
    }


def environment(server: Server, folder: Path) -> dict[str, str]:
    """Return what a server finds in its environment: a home of its own and no way out."""
    return {
        "PATH": os.pathsep.join(_path(server)),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "HTTP_PROXY": _NOWHERE,
        "HTTPS_PROXY": _NOWHERE,
        "http_proxy": _NOWHERE,
        "https_proxy": _NOWHERE,
        **({"LD_LIBRARY_PATH": _libraries()} if server.source == "debian" else {}),
        **server.environment,
    }


def _path(server: Server) -> tuple[str, ...]:
    own = {
        "pypi": (str(PYTHON / "bin"),),
        "npm": (str(NODE / "node_modules" / ".bin"),),
        "debian": tuple(str(DEBIAN / "usr" / name) for name in ("sbin", "bin")),
    }
    return (*own.get(server.source, ()), "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def _libraries() -> str:
    of_machine = f"{platform.machine()}-linux-gnu"
    folders = (DEBIAN / "usr" / "lib", DEBIAN / "lib")
    return os.pathsep.join(str(each) for base in folders for each in (base / of_machine, base))
